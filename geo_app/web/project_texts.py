"""The words of the application form and the record of a project; scripts fill the names in braces."""

from __future__ import annotations

from flask_babel import gettext as _


def texts() -> dict[str, str]:
    """Give every text of the application form, in the language of this answer."""
    return _form() | _money() | _place() | _draft()


def site_says(*, simulated: bool) -> str:
    """Say on what the analysis stands."""
    known = _("Measured on the ellipsoid, with the rows that your account reads.")
    also = _("Simulated rows are among them.")
    return f"{known} {also}" if simulated else str(known)


def _form() -> dict[str, str]:
    return {
        "group_complete": _("complete"),
        "group_missing": _("incomplete"),
        "group_wrong": _("has faults"),
        "still_missing": _("Still missing: the library takes no incomplete application."),
        "complete_count": _("{complete} of 11 required fields complete"),
        "not_a_number": _("“{value}” is not a number."),
        "not_whole": _("“{value}” is not a whole number."),
        "too_small": _("Must be at least {least}."),
        "dates_swapped": _("The end lies before the start."),
        "above_persons": _("More than all persons who benefit."),
        "cause_missing": _("An emergency project states its cause."),
        "crosswalk_none": _("Choose an item of the plan: the crosswalk then proposes the category (design)."),
        "crosswalk_items": _("Items of the plan that the crosswalk puts under this category: {items} (design)."),
        "crosswalk_proposes": _("The crosswalk proposes: {category} (design, may be changed)."),
        "crosswalk_differs": _("The crosswalk proposes another category: {category} (design). Yours is kept as chosen."),
        "crosswalk_others": _("Also fitting: {others}."),
        "remove": _("Remove"),
        "choose": _("Choose"),
    }


def _money() -> dict[str, str]:
    return {
        "not_an_amount": _("“{value}” is not an amount: digits with at most one point."),
        "too_fine": _("Finer than 0.01 yuan."),
        "fund_source": _("Fund source"),
        "amount": _("Amount"),
        "unit": _("Unit of money"),
        "remove_source": _("Remove this source"),
        "source_unnamed": _("Choose the fund source of every amount."),
        "sources_unknown": _("{count} without an amount"),
        "sum_agrees": _("agrees with the total"),
        "sum_above": _("{by} more than the total"),
        "sum_below": _("{by} less than the total"),
        "sum_differs": _("The sources do not add up to the total (check E6)."),
    }


def _place() -> dict[str, str]:
    return {
        "no_place": _("No place is drawn; the villages stated stand for it."),
        "length": _("Length (ellipsoid)"),
        "perimeter": _("Perimeter"),
        "metres": _("m"),
        "hectares": _("ha"),
        "hint_point": _("Click where the point is. Esc leaves."),
        "hint_line": _("Click corner by corner; double click or Enter finishes, Backspace takes the last one back, Esc leaves."),
        "hint_polygon": _(
            "Click corner by corner; double click or Enter closes it, Backspace takes the last one back, Esc leaves."
        ),
        "reference_zoom_in": _("{layer}: {total} in view, zoom in to show and snap to them"),
        "no_view": _("The server cannot be reached; what you edit is kept in this browser."),
        "site_working": _("Looking at the place"),
        "site_needs_place": _("Draw the place or state a village: the analysis follows by itself."),
        "site_offline": _("The server cannot be reached; the analysis follows when it can."),
        "file_read": _("Read from {name}."),
        "file_asks": _("The file does not say this; choose, then read it again."),
        "read_again": _("Read the file with these answers"),
    }


def _draft() -> dict[str, str]:
    return {
        "restored": _("Your draft of {at} was kept in this browser and stands in the form."),
        "restored_stale": _(
            "Your draft of {at} was kept in this browser and stands in the form; the application was changed elsewhere meanwhile."
        ),
        "discard": _("Discard it"),
        "offline_kept": _("The server cannot be reached. The draft is kept in this browser; save again later."),
        "try_again": _("Try again"),
        "no_room": _("This browser has no room to keep the draft; save soon."),
        "reload_theirs": _("Discard mine and load theirs"),
        "old_browser": _("This browser is too old for exact amounts."),
    }
