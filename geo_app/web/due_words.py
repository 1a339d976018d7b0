"""What is to be done, in the words of the pages: the kinds of dues and where each leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, url_for
from flask_babel import get_locale, gettext

from processing.library.moves import MOVES

if TYPE_CHECKING:
    from processing.dues import Due

PAGES = {
    "assets": ("assets.page", "asset_id"),
    "ledgers": ("ledgers.page", "ledger_id"),
    "counties": ("ledgers.index", "area"),
    "projects": ("project_pages.page", "project_id"),
}
"""The page of what a due is about, by layer."""


def kinds() -> dict[str, str]:
    """Name the kinds of dues in the language of the reader."""
    return {
        "asset_upkeep": gettext("Name a maintainer and a fund"),
        "asset_upkeep_money": gettext("Settle the upkeep money of the year"),
        "asset_operation": gettext("Settle operator, mode, term and plan"),
        "asset_rights": gettext("Confirm the rights"),
        "asset_rights_next": gettext("Next step of the confirmation of rights"),
        "asset_revive": gettext("Revive the asset"),
        "asset_settle": gettext("Settle the income of the year"),
        "asset_contract": gettext("The contract ends"),
        "asset_distribute": gettext("Propose the distribution of the income"),
        "asset_change_next": gettext("Next step of the change: notices and filing"),
        "asset_income_next": gettext("Next step of the distribution"),
        "asset_disposal_next": gettext("Next step of the disposal"),
        "asset_entry_next": gettext("Next step into the ledger"),
        "asset_notice_end": gettext("The notice may end; take the next step"),
        "asset_proceeds": gettext("Use the proceeds for consolidation again"),
        "asset_objection": gettext("Answer the objection"),
        "ledger_publish": gettext("Publish the ledger"),
        "ledger_confirm": gettext("The notice of the ledger may end; the sector confirms"),
        "ledger_republish": gettext("Publish the county ledger of the year"),
        "ledger_next": gettext("Next step of the ledger"),
        "ledger_first": gettext("Build the first ledger of the county"),
    }


def word(due: Due) -> str:
    """Say what is to be done; a step of the project library by the name of the step."""
    return kinds().get(due.kind) or others().get(due.kind, due.kind)


def others() -> dict[str, str]:
    """Name the kinds of the project library and the tasks."""
    steps = {name: move.title(str(get_locale() or "zh")) for name, move in MOVES.items()}
    return steps | {
        "task": gettext("Task of the list"),
        "emergency_procedure": gettext("Complete the procedure of the emergency project"),
        "compile_plan": gettext("Compile the annual plan"),
        "publish_plan": gettext("Publish the annual plan"),
    }


def states() -> dict[str, str]:
    """Name the states of dues."""
    return {
        "overdue": gettext("Overdue"),
        "due": gettext("Due within 30 days"),
        "open": gettext("Promptly, no day printed"),
        "upcoming": gettext("Later"),
    }


def address(due: Due, *, whole: bool = False) -> str:
    """Give the address of the page of what a due is about, empty where there is none."""
    endpoint, name = PAGES.get(due.layer, ("", ""))
    if endpoint not in current_app.view_functions:
        return ""
    return url_for(endpoint, **{name: due.key}, _external=whole)
