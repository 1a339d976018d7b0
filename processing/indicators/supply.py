"""Who supplies each hamlet, and how many people: service areas joined to works, or what the hamlet says of itself.

A service area names a hamlet; where hamlets are not known it names a village, and its people are shared out over the village's
hamlets that have no service area of their own, by population. A relocation settlement says of itself how it is supplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from processing.indicators import reading
from processing.indicators.subjects import rural, subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from processing.indicators.definition import Context, Subject

CENTRAL: Final = frozenset({"city_ext", "central10k", "central1k", "central20"})
"""Classes of centralised supply (persons served ≥ 20) and urban network extension."""
DISPERSED: Final = frozenset({"dispersed", "none"})
SMALL: Final = frozenset({"central20", "dispersed", "none"})
"""Below 1000 persons: no plausible use brings such a work to 1000 m³ a day."""


@dataclass(frozen=True)
class Supply:
    """Persons of each hamlet by how they are supplied; NA is unknown. All on the index of the hamlets.

    `served` any class, `central` by centralised works, `tap` with a tap from centralised works, `large` by large-scale works,
    `stated` whether a service area names the hamlet (otherwise the numbers come from the hamlet's own fields), `reliable` and
    `tested_good` what the works that serve it say of reliability and quality.
    """

    stated: pd.Series
    served: pd.Series
    central: pd.Series
    tap: pd.Series
    large: pd.Series
    reliable: pd.Series
    tested_good: pd.Series

    def take(self, chosen: pd.Series) -> Supply:
        """Give the supply of the places for which `chosen` is true, in the same order."""
        mask = chosen.fillna(value=False).astype(bool).to_numpy()
        return Supply(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


def supplied(inputs: Mapping[str, gpd.GeoDataFrame], context: Context) -> Iterator[tuple[Subject, Supply]]:
    """Give the places where rural people live, each with its supply: rural hamlets, then relocation settlements."""
    hamlets = subject(inputs, context, "hamlets")
    if hamlets is not None:
        mask = rural(inputs, context, hamlets)
        yield hamlets.take(mask), supply(inputs, context, hamlets.frame).take(mask)
    settlements = subject(inputs, context, "settlements")
    if settlements is not None:
        yield settlements, context.once("settlement supply", lambda: _of_settlements(context, settlements))


def supply(inputs: Mapping[str, gpd.GeoDataFrame], context: Context, hamlets: pd.DataFrame) -> Supply:
    """Work out the supply of every hamlet; made once in a run."""
    return context.once("supply", lambda: _supply(inputs, context, hamlets))


def is_large(works: pd.DataFrame, context: Context) -> pd.Series:
    """Say which works are large-scale: urban extension, or 千吨万人 (m³ a day and persons joined by `water.large_rule`)."""
    kind = reading.text(works, "work_class")
    amount = reading.first_known(reading.number(works, "design_m3d"), reading.number(works, "actual_m3d"))
    much = amount >= context.value("water.large_m3d")
    many = reading.number(works, "served_population") >= context.value("water.large_persons")
    many = many.where(many.notna(), reading.among(kind, {"central10k"}))
    both: pd.Series = (much & many) if context.value("water.large_rule") == "and" else (much | many)
    return reading.among(kind, {"city_ext"}).fillna(value=False) | both.mask(
        reading.among(kind, SMALL).fillna(value=False), other=False
    )


def _supply(inputs: Mapping[str, gpd.GeoDataFrame], context: Context, hamlets: pd.DataFrame) -> Supply:
    own = _own(context, hamlets)
    services = reading.rows(inputs, "service_areas")
    if services is None:
        return own
    rows = _by_hamlet(services, hamlets)
    rows = rows.join(_works(inputs, context), on="work_id")
    named = pd.Series(reading.text(hamlets, "hamlet_id").to_numpy(), index=hamlets.index)
    sums = _sums(rows)
    stated = named.isin(sums.index)

    def pick(column: str, fallback: pd.Series) -> pd.Series:
        found = pd.Series(sums[column].reindex(named).array, index=hamlets.index).astype(fallback.dtype)
        return found.where(stated, fallback)

    return Supply(
        stated=stated,
        served=pick("served", own.served),
        central=pick("central", own.central),
        tap=pick("tap", own.tap),
        large=pick("large", own.large),
        reliable=pick("reliable", own.reliable),
        tested_good=pick("tested_good", own.tested_good),
    )


def _own(context: Context, hamlets: pd.DataFrame) -> Supply:
    """Read the hamlets' own fields: supply mode, households with a tap.

    A mode that is not recorded does not make a tap unknown: a tap in the house is taken as of a centralised work.
    """
    population = reading.number(hamlets, "population")
    mode = reading.text(hamlets, "supply_mode")
    central = reading.among(mode, CENTRAL)
    dispersed = reading.among(mode, DISPERSED).fillna(value=False)
    households = reading.number(hamlets, "households")
    share = (reading.number(hamlets, "tap_in_house_hh") / households.where(households > 0, pd.NA)).clip(0, 1)
    large = reading.among(mode, {"city_ext"}) | _large_by_mode(context, mode)
    none = reading.among(mode, {"none"}).fillna(value=False)
    unknown = reading.spread(pd.NA, population, "boolean")
    return Supply(
        stated=reading.spread(value=False, like=population, dtype="bool"),
        served=population.where(~none, 0.0),
        central=population * central.astype("Float64"),
        tap=(population * share).where(~dispersed, 0.0),
        large=population * large.astype("Float64"),
        reliable=unknown,
        tested_good=unknown,
    )


def _of_settlements(context: Context, settlements: Subject) -> Supply:
    """Read the settlements' own fields; where no household with a tap is counted, `has_water` is a tap for all or for nobody."""
    people = settlements.persons
    water = reading.flag(settlements.frame, "has_water")
    own = _own(context, settlements.frame.assign(population=people))
    dry = (~water).fillna(value=False) & reading.text(settlements.frame, "supply_mode").isna()

    def unless_dry(persons: pd.Series) -> pd.Series:
        return persons.mask(dry, 0.0)

    return Supply(
        stated=own.stated,
        served=unless_dry(own.served),
        central=unless_dry(own.central),
        tap=reading.first_known(own.tap, people * water.astype("Float64")),
        large=unless_dry(own.large),
        reliable=own.reliable,
        tested_good=own.tested_good,
    )


def _large_by_mode(context: Context, mode: pd.Series) -> pd.Series:
    """Judge by the class alone: 10 000 persons suffice where the rule is “or”; a work below 1000 persons is never large."""
    known = reading.among(mode, {"central10k"}).where(~reading.among(mode, {"central1k"}).fillna(value=False), pd.NA)
    if context.value("water.large_rule") == "and":
        known = known.mask(reading.among(mode, {"central10k"}).fillna(value=False))
    return known


def _works(inputs: Mapping[str, gpd.GeoDataFrame], context: Context) -> pd.DataFrame:
    works = reading.rows(inputs, "water_works")
    columns = {"central": "boolean", "large": "boolean", "reliable": "boolean", "tested_good": "boolean"}
    if works is None:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    days = reading.number(works, "outage_days") <= context.value("water.outage_days")
    share = reading.number(works, "reliability_pct") >= context.value("water.reliability_pct")
    table = pd.DataFrame(
        {
            "central": reading.among(reading.text(works, "work_class"), CENTRAL),
            "large": is_large(works, context),
            "reliable": reading.first_known(days, share),
            "tested_good": reading.flag(works, "test_ok"),
        }
    )
    table.index = pd.Index(reading.text(works, "work_id"), dtype=object)
    return table[~table.index.duplicated()]


def _by_hamlet(services: pd.DataFrame, hamlets: pd.DataFrame) -> pd.DataFrame:
    """Give one row per service area and hamlet, the people of village-wide rows shared out by population."""
    rows = pd.DataFrame({name: reading.text(services, name) for name in ("work_id", "hamlet_id", "village_code")})
    rows["served"] = reading.number(services, "served_persons")
    rows["tap"] = reading.number(services, "tap_persons")
    direct = rows[rows["hamlet_id"].notna()]
    wide = rows[rows["hamlet_id"].isna() & rows["village_code"].notna()].drop(columns="hamlet_id")
    if wide.empty:
        return direct.reset_index(drop=True)
    targets = pd.DataFrame({name: reading.text(hamlets, name) for name in ("hamlet_id", "village_code")})
    targets["population"] = reading.number(hamlets, "population").fillna(0.0)
    targets = targets[~targets["hamlet_id"].isin(direct["hamlet_id"])]
    whole = targets.groupby("village_code")["population"].transform("sum")
    targets["share"] = targets["population"] / whole.where(whole > 0, pd.NA)
    shared = wide.merge(targets, on="village_code")
    for name in ("served", "tap"):
        shared[name] = shared[name] * shared["share"]
    return pd.concat([direct, shared[direct.columns]], ignore_index=True)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up by hamlet; a sum with an unknown part is unknown."""
    parts = pd.DataFrame(
        {
            "hamlet_id": rows["hamlet_id"],
            "served": rows["served"],
            "central": _part(rows["served"], rows["central"]),
            "large": _part(rows["served"], rows["large"]),
            "tap": _part(rows["tap"], rows["central"]),
        }
    )
    grouped = parts.groupby("hamlet_id")
    sums = grouped.sum(min_count=1)
    for name in ("served", "central", "large", "tap"):
        sums[name] = sums[name].mask(parts[name].isna().groupby(parts["hamlet_id"]).any())
    for name in ("reliable", "tested_good"):
        worst = rows[name].astype("Float64").groupby(rows["hamlet_id"]).min()
        some = rows[name].isna().groupby(rows["hamlet_id"]).any()
        sums[name] = (worst > 0).mask(some & (worst > 0).fillna(value=True))
    return sums


def _part(persons: pd.Series, belongs: pd.Series) -> pd.Series:
    """Give the persons where they belong, 0 where they do not, unknown where that is unknown and there are persons."""
    amount = persons * belongs.astype("Float64")
    return amount.mask((~belongs).fillna(value=False) | (persons == 0).fillna(value=False), 0.0)
