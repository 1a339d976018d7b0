"""What the kinds of publications are called."""

from __future__ import annotations

from flask_babel import gettext


def kind_words() -> dict[str, str]:
    """Give the name of each kind of publication in the reader's language."""
    return {
        "village_notice": gettext("Village notice"),
        "township_notice": gettext("Township notice"),
        "county_notice": gettext("County notice"),
        "library": gettext("Announcement of entry"),
        "change": gettext("Announcement of a change"),
        "plan": gettext("Annual plan"),
        "asset": gettext("Notice of an asset"),
        "ledger": gettext("Notice of a ledger"),
        "notice": gettext("Notice"),
        "map": gettext("Map"),
    }
