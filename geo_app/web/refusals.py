"""What stands against a decision or a merge, said in the language of the reader with the titles of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g
from flask_babel import gettext

from geo_app import errors as table
from geo_app.actions import deciding_errors as faults
from geo_app.actions.save_edits import EditFaultsError
from geo_app.errors import ForbiddenError, NotFoundError
from geo_app.web.difference import GEOMETRY
from geo_app.web.errors import answer, said_with_kept, told
from geo_app.web.language import title
from layers.catalogue import LAYERS
from layers.errors import NotFoundError as MissingError
from layers.errors import RequestClosedError, StaleVersionError

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from layers.schema import PersonError


def field_title(layer: str, name: str) -> str:
    """Give the title of a field of a layer, and of the geometry; a name that is none of them stays."""
    if name == GEOMETRY:
        return str(gettext("Geometry"))
    return title(LAYERS[layer][name]) if layer in LAYERS and name in LAYERS[layer] else name


def say(error: PersonError) -> str:
    """Say what went wrong; an error that is not one of these pages' own is explained as everywhere."""
    if isinstance(error, faults.OpenFieldsError):
        names = "、".join(field_title(error.layer, name) for name in error.fields)
        return str(gettext("Choose for every field that was changed twice; still open: %(fields)s.", fields=names))
    if isinstance(error, RequestClosedError):
        return str(gettext("This was decided on already (%(state)s); nothing was done.", state=_state(error.state)))
    for kind, text in _sentences().items():
        if isinstance(error, kind):
            return text
    return told(error)


def _sentences() -> dict[type[PersonError], str]:
    return {
        faults.NoNoteError: gettext("Say why: who asked reads the note."),
        faults.NothingLeftError: gettext("Nothing would be applied: choose an edit, or refuse the request."),
        faults.GoneError: gettext(
            "A feature was removed meanwhile: leave its edit out, or let the feature be brought back first."
        ),
        faults.RemovalOpenError: gettext(
            "A feature to be removed was changed meanwhile: say whether it is removed all the same."
        ),
        faults.NotAuthorError: gettext("Only the author may do this."),
        faults.OwnRequestError: gettext("Somebody else decides on a change request than who made it."),
        EditFaultsError: gettext("The data has faults; nothing was saved."),
        StaleVersionError: gettext(
            "Somebody changed a feature once more while you decided. The page shows it as it is now; decide again."
        ),
        NotFoundError: gettext("There is none of this number, or it is not for you. Look at the list."),
        MissingError: gettext("There is none of this number, or it is not for you. Look at the list."),
    }


def _state(name: str) -> str:
    words = {
        "collecting": gettext("being collected"),
        "open": gettext("waits for review"),
        "accepted": gettext("accepted"),
        "refused": gettext("refused"),
        "withdrawn": gettext("withdrawn"),
        "merged": gettext("merged"),
        "dismissed": gettext("put away"),
    }
    return str(words.get(name, name))


def _handle(error: PersonError) -> ResponseReturnValue:
    found = table.body(error, request_id=g.get("request_id", ""), translate=lambda _code, _message: say(error))
    return answer(found.status, found.code, said_with_kept(error, found.message))


def install(pages: Blueprint) -> None:
    """Let the pages of a part answer these errors in the reader's language."""
    for kind in (NotFoundError, MissingError, RequestClosedError, ForbiddenError):
        pages.register_error_handler(kind, _handle)
