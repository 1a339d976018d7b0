"""A photograph from a camera: what it says of place and time, a clean copy of it, and a hash of how it looks.

A picture is opened as JPEG or PNG only, its size is asked before a pixel is read, and nothing of its metadata but place and time
goes on: the copy that is kept and shown is encoded anew from the pixels, upright.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import math
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from geo_app.errors import in_both
from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS: Final = ("JPEG", "PNG")
MOST_BYTES: Final = 10_000_000
MOST_PIXELS: Final[Mapping[str, int]] = {"JPEG": 60_000_000, "PNG": 30_000_000}
PICTURE_PX: Final = 2000
THUMBNAIL_PX: Final = 480
QUALITY: Final = 85
HASH_WIDTH: Final = 9
OFFICE: Final = dt.timezone(dt.timedelta(hours=8))
"""A camera without a zone is taken to run by the clock of China."""
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4
BROKEN_METADATA = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    ZeroDivisionError,
    OverflowError,
    SyntaxError,
    OSError,
    struct.error,
)
"""What damaged metadata raise while they are read."""


class BadPictureError(PersonError, ValueError):
    """A file that is no photograph that can be taken."""

    code: ClassVar[str] = "bad_picture"


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph as it is kept: clean copy and thumbnail (JPEG), size, and what the camera wrote; None is unknown."""

    picture: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    """Of the file that was sent; the file itself is not kept."""
    look: str
    """Difference hash of 64 bits, hexadecimal: grey, 9 × 8, each spot brighter than its right neighbour or not."""
    taken_at: dt.datetime | None
    lon: float | None
    lat: float | None


def read(data: bytes) -> Picture:
    """Read a photograph.

    Raises:
        BadPictureError: too many bytes or pixels, no JPEG or PNG, or damaged.
    """
    if len(data) > MOST_BYTES:
        most, found = MOST_BYTES // 1_000_000, f"{len(data) / 1e6:.1f}"
        said = f"A photograph may have at most {most} MB; this one has {found}. Send a smaller one."
        raise in_both(BadPictureError(said), f"照片最大 {most} MB，这张为 {found} MB，请上传小一些的。")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _require_size(image)
                taken_at, place = _said(image)
                image.draft("RGB", (PICTURE_PX, PICTURE_PX))
                clean = _clean(image)
    except BadPictureError:
        raise
    except UnidentifiedImageError:
        said = "This file is no JPEG or PNG picture. Send the photograph as the camera wrote it."
        raise in_both(BadPictureError(said), "该文件不是 JPEG 或 PNG 图片，请上传相机原始照片。") from None
    except (Image.DecompressionBombError, MemoryError):
        raise _too_many_pixels("") from None
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        said = "The picture is damaged and cannot be read. Send it again from the camera."
        raise in_both(BadPictureError(said), "图片已损坏，无法读取，请从相机重新上传。") from error
    lon, lat = place or (None, None)
    sha256 = hashlib.sha256(data).hexdigest()
    return Picture(
        _encoded(clean, PICTURE_PX), _encoded(clean, THUMBNAIL_PX), *clean.size, sha256, look(clean), taken_at, lon, lat
    )


def _too_many_pixels(found: str) -> BadPictureError:
    most = MOST_PIXELS["JPEG"] // 1_000_000
    said = f"A photograph may have at most {most} million pixels{found}. Send a smaller one."
    return in_both(BadPictureError(said), f"照片最多 {most * 100} 万像素，请上传小一些的。")


def _require_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS[str(image.format)]:
        raise _too_many_pixels(f"; this one has {width} × {height}")


def _clean(image: Image.Image) -> Image.Image:
    """Give the pixels alone, upright, at most as large as they are kept."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((PICTURE_PX, PICTURE_PX))
    flat = Image.new("RGB", upright.size, "white")
    with_alpha = upright.convert("RGBA") if upright.mode in {"RGBA", "LA", "P", "PA"} else None
    flat.paste(with_alpha or upright.convert("RGB"), mask=with_alpha)
    return flat


def _encoded(image: Image.Image, most_px: int) -> bytes:
    shown = image.copy()
    shown.thumbnail((most_px, most_px))
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def look(image: Image.Image) -> str:
    """Give the difference hash of a picture.

    >>> look(Image.new("RGB", (40, 30), "white"))
    '0000000000000000'
    """
    grey = image.convert("L").resize((HASH_WIDTH, HASH_WIDTH - 1), Image.Resampling.LANCZOS)
    spots = grey.tobytes()
    bits = 0
    for row in range(HASH_WIDTH - 1):
        for column in range(HASH_WIDTH - 1):
            at = row * HASH_WIDTH + column
            bits = bits << 1 | (spots[at] > spots[at + 1])
    return f"{bits:016x}"


def _said(image: Image.Image) -> tuple[dt.datetime | None, tuple[float, float] | None]:
    try:
        exif = image.getexif()
        own, gps = exif.get_ifd(EXIF_IFD), exif.get_ifd(GPS_IFD)
    except BROKEN_METADATA:
        return None, None
    return _taken_at(own), _place(gps)


def _taken_at(exif: Mapping[int, Any]) -> dt.datetime | None:
    """Give when the picture was taken, by the clock of China; a camera that says its zone is believed."""
    try:
        text = str(exif[TAKEN]).replace("\x00", "").strip()
        found = dt.datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the zone is put in below
        offset = str(exif.get(TAKEN_OFFSET) or "").replace("\x00", "").strip()
        if offset:
            found = dt.datetime.fromisoformat(f"{found.isoformat()}{offset}").astimezone(OFFICE).replace(tzinfo=None)
    except BROKEN_METADATA:
        return None
    return found


def _place(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    """Give longitude and latitude in degrees (WGS 84), or None where they are missing, broken, or both zero."""
    try:
        lat = _degrees(gps[LATITUDE], str(gps[LATITUDE_REF]).strip("\x00 ").upper(), "NS", 90)
        lon = _degrees(gps[LONGITUDE], str(gps[LONGITUDE_REF]).strip("\x00 ").upper(), "EW", 180)
    except BROKEN_METADATA:
        return None
    return None if lat is None or lon is None or lat == lon == 0 else (lon, lat)


def _degrees(parts: Any, side: str, sides: str, most: float) -> float | None:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if side not in sides or not side or not math.isfinite(value) or not 0 <= value <= most:
        return None
    return -value if side == sides[1] else value
