"""A QR code of an address, to be scanned from paper or a screen: black on white, with the quiet zone of the standard."""

from __future__ import annotations

import io
from typing import Final

import segno

QUIET_ZONE: Final = 4
"""Modules of white around a code that ISO/IEC 18004 asks for."""
BLACK: Final = "black"
WHITE: Final = "white"


def code(address: str) -> segno.QRCode:
    """Make the code of an address with error correction M: a tenth of it may be dirty, and its modules stay large."""
    return segno.make_qr(address, error="m", boost_error=False, encoding=None)


def svg(address: str) -> str:
    """Draw the code of an address as SVG that grows to any size.

    >>> svg("https://example.org/public/7").startswith("<svg")
    True
    """
    out = io.BytesIO()
    code(address).save(
        out, kind="svg", xmldecl=False, omitsize=True, border=QUIET_ZONE, dark=BLACK, light=WHITE, svgclass=None, lineclass=None
    )
    return out.getvalue().decode("utf-8").strip()
