"""The analysis of a project's place in the reader's words: blocks of lines that the form and the record show alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import gettext

from geo_app.web.language import language, number, quantity, short, title
from layers.catalogue import LAYERS
from layers.codes import ASSET_STATUS, PLANNING_TYPE, PROJECT_STATUS
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.schema import CodeList
    from processing.project_site import Overlap, SiteReport
    from processing.site_persons import Persons
    from processing.site_places import Farmland, Gap, Village

SHOWN = 40
WHOLLY = 0.999
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One statement; `tone` is `warning`, `good`, `quiet` or empty."""

    text: str
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with its statements."""

    key: str
    title: str
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the block for a script."""
        return asdict(self)


def blocks(report: SiteReport) -> list[Block]:
    """Word the whole answer, what a reviewer stops at first."""
    found = [
        Block("warnings", gettext("To look at"), tuple(_warnings(report))),
        Block("measures", gettext("The place"), tuple(_measures(report))),
        Block("villages", gettext("Villages touched"), tuple(map(_village, report.villages))),
        Block("persons", gettext("Persons within reach"), tuple(_persons(report))),
        Block("gaps", gettext("Gaps of these villages"), tuple(_gaps(report))),
        Block("projects", gettext("Other projects here"), tuple(_projects(report))),
        Block("assets", gettext("Existing assets here"), tuple(_assets(report))),
        Block("farmland", gettext("Farmland"), tuple(_farmland_seen(report))),
    ]
    nothing = (Line(gettext("Nothing found."), "quiet"),)
    return [Block(item.key, item.title, item.lines or nothing) for item in found if item.lines or item.key != "warnings"]


def _unseen(report: SiteReport, share: float | None, *layers: str) -> Iterator[Line]:
    """Say what is not known because it is not loaded, not read or lies beyond the areas that are read."""
    absent = [title(LAYERS[name]) for name in layers if name in report.unseen.absent]
    if absent:
        yield Line(gettext("Not known: %(layers)s not loaded, or not read by this account.", layers="、".join(absent)), "warning")
    elif share is None:
        yield Line(gettext("No outlines of areas are held, so it is not known whether everything here is seen."), "quiet")
    elif share >= WHOLLY:
        yield Line(gettext("Not known: this lies beyond the areas that are held or that this account reads."), "warning")
    elif share > 0:
        part = number(max(share * PERCENT, 0.1), 1)
        said = gettext("%(share)s %% of the ground lies beyond what this account reads; there may be more.", share=part)
        yield Line(said, "warning")


def _unknown(report: SiteReport, share: float | None, *layers: str) -> bool:
    return bool(report.unseen.absent & set(layers)) or (share is not None and share >= WHOLLY)


def _assets(report: SiteReport) -> Iterator[Line]:
    yield from (_overlap(item, report) for item in report.assets[:SHOWN])
    yield from _unseen(report, report.unseen.place, "assets")


def _farmland_seen(report: SiteReport) -> Iterator[Line]:
    if not _unknown(report, report.unseen.place, "farmland"):
        yield from _farmland(report.farmland)
    yield from _unseen(report, report.unseen.place, "farmland")


def _status(codes: CodeList, code: str | None) -> str:
    return gettext("status unknown") if code is None else codes.label(code, language())


def _share(value: float | None) -> str:
    return "" if value is None else gettext(", %(share)s %% of it", share=number(value * PERCENT, 1))


def _warnings(report: SiteReport) -> Iterator[Line]:
    for item in report.warnings:
        names = "、".join(short(name) for name in item.names[:6])
        text = {
            "E20_moved_village": gettext(
                "%(names)s is to be moved or merged: state the reason for new investment there (check E20).", names=names
            ),
            "same_work_here": gettext("The same kind of work is planned at this place already: %(names)s.", names=names),
            "gap_already_closed": gettext("The gap is already being closed by: %(names)s.", names=names),
            "permanent_farmland": gettext("The place takes permanent basic farmland."),
            "permanent_farmland_unknown": gettext(
                "The place takes farmland of which nobody has said whether it is permanent basic farmland."
            ),
            "high_standard_farmland": gettext("The place takes high-standard farmland."),
            "villages_not_stated": gettext("The geometry lies in villages that are not stated: %(names)s.", names=names),
            "villages_not_met": gettext("The geometry does not lie in stated villages: %(names)s.", names=names),
        }[item.code]
        yield Line(text, "warning")


def _measures(report: SiteReport) -> Iterator[Line]:
    if report.area_m2 is not None:
        yield Line(gettext("Area %(area)s", area=_area(report.area_m2)))
    elif report.length_m is not None:
        yield Line(gettext("Length %(length)s m (ellipsoid)", length=number(report.length_m, 1)))
    elif not report.drawn:
        yield Line(gettext("No place is drawn; the villages stated stand for it."), "quiet")
    else:
        yield Line(gettext("A point."))


def _area(area_m2: float) -> str:
    from processing.site_places import Farmland  # noqa: PLC0415 - only for its units

    mu, hectares = number(Farmland.mu(area_m2), 2), number(Farmland.hectares(area_m2), 3)
    return str(gettext("%(mu)s mu (%(ha)s ha)", mu=mu, ha=hectares))


def _village(item: Village) -> Line:
    parts = [short(item.name)]
    if item.planning_type is None:
        parts.append(gettext("type of village not known"))
    else:
        parts.append(PLANNING_TYPE.label(item.planning_type, language()))
    if item.share is not None:
        parts.append(gettext("%(share)s %% of the place", share=number(item.share * PERCENT, 1)))
    if not item.stated:
        parts.append(gettext("not stated"))
    return Line(" · ".join(parts), "warning" if item.to_be_moved else "", url_for("areas.page", code=item.code))


def _persons(report: SiteReport) -> Iterator[Line]:
    found, share = report.persons, report.unseen.around
    if not _unknown(report, share, "hamlets"):
        if found is None:
            yield Line(gettext("No hamlets are held."), "quiet")
        else:
            yield from _persons_seen(found, partly=share is None or share > 0)
    yield from _unseen(report, share, "hamlets")


def _persons_seen(found: Persons, *, partly: bool) -> Iterator[Line]:
    if found.high is None or partly:
        text = gettext("at least %(low)s persons", low=number(found.low))
    elif found.high == found.low:
        text = gettext("%(low)s persons", low=number(found.low))
    else:
        text = gettext("%(low)s to %(high)s persons", low=number(found.low), high=number(found.high))
    where = (
        gettext("in the villages stated")
        if found.reach_m is None
        else gettext("within %(reach)s m of the place", reach=number(found.reach_m))
    )
    yield Line(f"{text} · {where}")
    yield Line(
        gettext(
            "%(count)s hamlets and settlements, %(unknown)s with persons or place unknown",
            count=found.hamlets,
            unknown=found.unknown,
        ),
        "quiet",
    )


def _gaps(report: SiteReport) -> Iterator[Line]:
    if report.gaps is None:
        yield Line(gettext("No run says which villages have a gap; compute the indicators first."), "quiet")
        return
    names = {item.code: short(item.name) for item in report.villages}
    for gap in report.gaps[:SHOWN]:
        yield Line(_gap(gap, names.get(gap.village_code, gap.village_code)), "good" if gap.helped and not gap.already else "")


def _gap(gap: Gap, village: str) -> str:
    parts = [f"{village} · {title(INDICATORS[gap.indicator])}"]
    parts.append(gettext("gap") if gap.certain else gettext("perhaps a gap, data missing"))
    if gap.helped:
        parts.append(gettext("this project helps"))
    if gap.already:
        parts.append(gettext("being closed by %(names)s", names="、".join(name for _, name, _ in gap.already[:3])))
    return " · ".join(parts)


def _projects(report: SiteReport) -> Iterator[Line]:
    for item in report.projects[:SHOWN]:
        yield _overlap(item, report)
    drawn = {item.key for item in report.projects}
    for key, name, status in report.same_villages[:SHOWN]:
        if key not in drawn:
            words = gettext("same kind of work in the same village")
            text = f"{name} · {_status(PROJECT_STATUS, status)} · {words}{_of_wider(key, report)}"
            yield Line(text, "warning", _page(key, report))
    yield from _unseen(report, report.unseen.place, "projects")


def _page(key: str, report: SiteReport) -> str:
    return "" if key in report.unread else url_for("project_pages.page", project_id=key)


def _of_wider(key: str, report: SiteReport) -> str:
    return gettext(" · of a wider area, ask the township") if key in report.unread else ""


def _overlap(item: Overlap, report: SiteReport) -> Line:
    shared = item.shared
    how = {
        "area": lambda: gettext("shares %(area)s", area=_area(shared.area_m2 or 0)),
        "inside": lambda: gettext("%(length)s m run through", length=number(shared.length_m, 1)),
        "along": lambda: gettext("%(length)s m run along it", length=number(shared.length_m, 1)),
        "crosses": lambda: gettext("crosses it"),
        "at": lambda: gettext("%(distance)s m away", distance=quantity(shared.distance_m)),
    }[shared.relation]()
    codes = PROJECT_STATUS if item.layer == "projects" else ASSET_STATUS
    parts = [item.name, _status(codes, item.status), how + _share(shared.share)]
    if item.same_item:
        parts.append(gettext("same kind of work"))
    href = _page(item.key, report) if item.layer == "projects" else ""
    wider = _of_wider(item.key, report) if item.layer == "projects" else ""
    return Line(" · ".join(parts) + wider, "warning" if item.same_item else "", href)


def _farmland(found: Farmland | None) -> Iterator[Line]:
    if found is None or not found.parcels:
        yield Line(_no_farmland(found), "quiet")
        return
    if found.area_m2 is None:
        if found.length_m is None:
            yield Line(gettext("Stands on parcel %(names)s", names="、".join(found.parcels[:4])))
        else:
            text = gettext(
                "%(length)s m of the line lie in farmland; state the width to know the area", length=number(found.length_m, 1)
            )
            yield Line(text)
        return
    yield Line(gettext("%(area)s of farmland in %(count)s parcels", area=_area(found.area_m2), count=len(found.parcels)))
    yield from _part(gettext("high-standard farmland"), found.hsf_m2, found.hsf_unknown_m2)
    if found.permanent_said:
        yield from _part(gettext("permanent basic farmland"), found.permanent_m2, found.permanent_unknown_m2)
    else:
        yield Line(gettext("The layer does not say which farmland is permanent basic farmland."), "quiet")


def _no_farmland(found: Farmland | None) -> str:
    said = gettext("No farmland is touched.") if found else gettext("No farmland is held, or no place is drawn.")
    return str(said)


def _part(name: str, area_m2: float | None, unknown_m2: float | None) -> Iterator[Line]:
    text = gettext("of it %(name)s %(area)s", name=name, area=_area(area_m2 or 0))
    if unknown_m2:
        text += gettext("; of %(area)s it is not known", area=_area(unknown_m2))
    yield Line(text, "warning" if area_m2 else "")
