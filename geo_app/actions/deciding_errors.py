"""What stands against a decision on a change request or against the merging of a kept edit."""

from __future__ import annotations

from geo_app.errors import BadRequestError, ForbiddenError


class OpenFieldsError(BadRequestError):
    """Fields that two people changed have no choice yet; `layer` and `fields` name them."""

    def __init__(self, layer: str, fields: tuple[str, ...]) -> None:
        """Keep the names beside the sentence."""
        super().__init__(f"Choose for every field that was changed twice; open are: {', '.join(fields)}.")
        self.layer = layer
        self.fields = fields


class NoNoteError(BadRequestError):
    """A request is refused without a note."""


class NothingLeftError(BadRequestError):
    """Nothing of a request would be applied, or nothing was collected for one."""


class GoneError(BadRequestError):
    """The feature of an edit was removed meanwhile."""


class RemovalOpenError(BadRequestError):
    """A feature that a request removes was changed meanwhile, and nobody said whether it is removed all the same."""


class NotAuthorError(ForbiddenError):
    """Somebody else than the author takes back, hands in, carries on or puts away."""


class OwnRequestError(ForbiddenError):
    """Somebody decides on their own request."""
