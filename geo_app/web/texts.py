"""The words that scripts put on the page, translated with the templates' own catalogue, and the names of codes of ours."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _

from geo_app.web.language import language, unit
from processing.indicators.definition import MISSING_TEXTS


def script_texts() -> dict[str, str]:
    """Give every text a script may show, in the language of this answer; made once for the answer, whose tables ask often."""
    made: dict[str, str] = g.get("script_texts") or _all_texts()
    g.script_texts = made
    return made


def _all_texts() -> dict[str, str]:
    return _common_texts() | _map_texts() | _import_texts() | _query_texts() | missing_texts() | unit_texts()


def _common_texts() -> dict[str, str]:
    return {
        "yes": _("yes"),
        "no": _("no"),
        "working": _("Working"),
        "no_answer": _("The server does not answer. Is it still running?"),
        "close": _("Close"),
        "cancel": _("Cancel"),
        "go_on": _("Go on"),
        "leave": _("Leave it"),
        "queued": _("waiting"),
        "running": _("running"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
        "nothing_found": _("Nothing found"),
    }


def _map_texts() -> dict[str, str]:
    return {
        "theme_W": _("Water"),
        "theme_RD": _("Roads"),
        "theme_SN": _("Sanitation"),
        "theme_FL": _("Farmland"),
        "theme_AS": _("Assets"),
        "theme_GP": _("Projects"),
        "theme_other": _("Other"),
        "all_areas": _("All areas"),
        "target": _("Target"),
        "met": _("met"),
        "not_met": _("not met"),
        "unknown": _("cannot be known"),
        "no_target": _("no target set"),
        "range": _("between {low} and {high}, the unknown counted as not covered and as covered"),
        "not_reached": _("Not covered"),
        "not_known": _("Unknown"),
        "units_persons": _("{units} units · {persons} persons"),
        "units_only": _("{units} units"),
        "gap_list": _("Gap list"),
        "unit": _("Unit"),
        "persons": _("Persons"),
        "missing": _("Missing"),
        "distance": _("Distance"),
        "project": _("Project"),
        "method": _("Method"),
        "run": _("Run"),
        "rows": _("Rows behind it"),
        "area_page": _("Area page"),
        "no_gaps": _("No unit fails here."),
        "no_run": _("Nothing has been computed for this yet. Compute it now?"),
        "no_figure": _("This area has no unit that the indicator counts."),
        "compute": _("Compute"),
        "computing": _("Computing coverage"),
        "more_rows": _("{shown} of {total} shown"),
        "back": _("Back to the figures"),
        "no_data": _("no data"),
        "legend_empty": _("Nothing is coloured."),
        "thinned": _("{layer}: {shown} of {total} drawn; move closer to see all"),
        "tiles_shown": _("{layer}: this zoom shows {shown} of {total}"),
        "rows_of": _("{total} rows"),
        "drawing": _("Drawing the map"),
        "copied": _("The address of this view is copied."),
        "numerator": _("Numerator"),
        "denominator": _("Denominator"),
        "changed_by": _("Change"),
        "source_values": _("Values"),
        "history": _("History"),
        "open_page": _("Open page"),
        "covered": _("covered"),
        "part_covered": _("partly covered"),
        "simulated": _("Simulated data"),
        "nearest": _("Nearest"),
        "shortfall": _("Shortfall"),
        "download_units": _("Rows (CSV)"),
        "download_gaps": _("Gaps (CSV)"),
        "download_map": _("Print map (PDF)"),
        "download_table": _("Table (CSV)"),
        "download_table_xlsx": _("Table (XLSX)"),
        "download_area_xlsx": _("Area summary (XLSX)"),
        "making_map": _("Making the print map"),
        "zoom_to": _("Show on the map"),
        "level_all": _("All"),
        "gaps_layer": _("Gap units"),
        "import_file": _("Import a file"),
        "empty_store": _("The store is empty. Import a file or load the demonstration area."),
        "stale_run": _("The data has changed since this run."),
        "up": _("Up"),
        "state": _("State"),
        "level_state": _("State (area)"),
        "level_province": _("Province"),
        "level_prefecture": _("Prefecture"),
        "level_county": _("County"),
        "level_district": _("District"),
        "level_township": _("Township"),
        "level_block": _("Block"),
        "level_village": _("Village"),
        "level_hamlet": _("Hamlet"),
        "level_habitation": _("Habitation"),
        "level_group": _("Group"),
    }


def _query_texts() -> dict[str, str]:
    return {
        "query": _("Query"),
        "find": _("Find"),
        "where": _("Where"),
        "add_condition": _("Add a condition"),
        "remove": _("Remove"),
        "within": _("Within an area"),
        "add_or": _("Add an alternative"),
        "or_else": _("Or else all of this"),
        "add_not": _("Add an exception"),
        "except": _("Except where all of this"),
        "query_partly": _("This query was not made here: it is answered as it was kept, the fields above show a part of it."),
        "draw_polygon": _("Polygon"),
        "draw_rectangle": _("Rectangle"),
        "draw_circle": _("Circle"),
        "clear": _("Clear"),
        "near": _("Within a distance of"),
        "relation": _("Against another layer"),
        "metres": _("metres"),
        "run_query": _("Run the query"),
        "save_as": _("Save as"),
        "save": _("Save"),
        "saved_queries": _("Saved queries"),
        "name_needed": _("Give the query a name first."),
        "saved": _("Saved."),
        "found": _("{total} found"),
        "draw_first": _("Draw on the map; double click or the first point ends a polygon."),
        "drawn": _("An area is drawn."),
        "selected_feature": _("The feature picked on the map"),
        "pick_first": _("Pick a feature on the map first."),
        "any_of_layer": _("any of"),
        "intersects": _("crossed or touched by"),
        "within_layer": _("inside"),
        "contains_layer": _("containing"),
        "crosses": _("crossed by"),
        "disjoint": _("not touching"),
        "outside_all": _("outside every"),
        "none_chosen": _("(none)"),
        "contains": _("contains"),
        "is_null": _("is unknown"),
        "not_null": _("is known"),
        "in_list": _("one of"),
        "result": _("Query result"),
        "delete": _("Delete"),
        "load": _("Load"),
        "distance_drawn": _("{length} measured"),
        "no_result": _("Nothing answers this query. Loosen a condition or draw a larger area."),
    }


def _import_texts() -> dict[str, str]:
    return {
        "uploading": _("Sending the file"),
        "looking": _("Looking into the file"),
        "checking": _("Checking every row"),
        "accepting": _("Taking the rows in"),
        "choose_file": _("Choose a file first."),
        "not_mapped": _("(leave unknown)"),
    }


def unit_texts() -> dict[str, str]:
    """Give words for the units that shortfalls are counted in."""
    return {f"unit_{name}": unit(name) for name in ("person", "persons", "household", "households", "day", "days", "d", "min")}


def missing_texts() -> dict[str, str]:
    """Give words for the short codes that say what a failing unit lacks."""
    place = 0 if language() == "zh" else 1
    return {f"missing_{code}": words[place] for code, words in MISSING_TEXTS.items()}
