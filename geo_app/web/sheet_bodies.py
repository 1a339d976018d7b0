"""Request bodies that must not reach a disk: the sheet of monitored households, from the socket to the last byte in memory.

Two places write large bodies to temporary files on their own: the server (waitress, beyond 512 kB) and the form reader of
werkzeug (beyond 500 kB). Both are told otherwise for the addresses named here, with a smaller ceiling. A proxy in front has its
own buffers; the guide on households says how it is set up.
"""

from __future__ import annotations

import copy
from io import BytesIO
from typing import IO, Any, Final

import flask
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from geo_app.actions.households import MOST_MB

IN_MEMORY: Final = "/households"
"""Addresses that begin so."""
CEILING_BYTES: Final = (MOST_MB << 20) + 100_000
"""The sheet and the few fields beside it."""


class SheetRequest(flask.Request):
    """A request whose files stay in memory where its address asks for it."""

    @property
    def in_memory(self) -> bool:
        """Say whether nothing of the body may reach a disk."""
        return self.path.startswith(IN_MEMORY)

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Give what a file of a form is read into."""
        if self.in_memory:
            return BytesIO()
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)


class SheetParser(HTTPRequestParser):  # type: ignore[misc]
    """Waitress's reader of requests, holding the bodies of those addresses in memory and refusing larger ones unread."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request; where its address asks for it, change what the body is put into."""
        super().parse_header(header_plus)
        if self.body_rcv is not None and self.path.startswith(IN_MEMORY):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = CEILING_BYTES
            self.body_rcv.buf = OverflowableBuffer(CEILING_BYTES + 1)


def install(app: flask.Flask) -> None:
    """Make an application, and a waitress server of this process, hold those bodies in memory."""
    app.request_class = SheetRequest
    parser: Any = SheetParser
    HTTPChannel.parser_class = parser
