"""Photographs from cameras: what they say, what is stripped, and what is refused."""

import contextlib
import datetime as dt
import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image

from geo_app.actions.library import pictures
from geo_app.actions.library.pictures import BadPictureError


def photograph(*, size=(64, 48), place=(104.1234567, 36.5), taken="2026:05:04 10:20:30", offset=None, orientation=None, mark=0):
    """A JPEG as a telephone writes it: place, time, owner and serial number in its metadata."""
    image = Image.new("RGB", size)
    image.putdata(
        [((x * 5 + mark * 40) % 256, (y * 7) % 256, (x * y + mark) % 256) for y in range(size[1]) for x in range(size[0])]
    )
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x9C9C] = "MakerOfPhones", "Zhang San", "secret".encode("utf-16le")
    if orientation:
        exif[0x0112] = orientation
    own = exif.get_ifd(pictures.EXIF_IFD)
    own[0xA431] = "SERIAL-4711"
    if taken:
        own[pictures.TAKEN] = taken
    if offset:
        own[pictures.TAKEN_OFFSET] = offset
    if place:
        gps = exif.get_ifd(pictures.GPS_IFD)
        gps.update({1: "N", 2: parts(place[1]), 3: "E", 4: parts(place[0])})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"a comment")
    return out.getvalue()


def parts(value):
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return (degrees, minutes, round(((value - degrees) * 60 - minutes) * 60, 6))


def test_place_and_time_are_read_and_everything_else_is_left_behind():
    data = photograph()
    found = pictures.read(data)
    assert found.taken_at == dt.datetime.fromisoformat("2026-05-04T10:20:30")
    assert found.lon == pytest.approx(104.1234567, abs=1e-6)
    assert found.lat == pytest.approx(36.5)
    assert (found.width, found.height) == (64, 48)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    for kept in (found.picture, found.thumbnail):
        assert b"Exif" not in kept
        assert not any(word in kept for word in (b"Zhang", b"SERIAL", b"MakerOfPhones", b"comment"))
        assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}


def test_a_camera_that_says_its_zone_is_believed():
    assert pictures.read(photograph(offset="+00:00")).taken_at == dt.datetime.fromisoformat("2026-05-04T18:20:30")
    assert pictures.read(photograph(offset="nonsense")).taken_at is None


def test_without_place_or_time_both_are_unknown():
    found = pictures.read(photograph(place=None, taken=None))
    assert (found.taken_at, found.lon, found.lat) == (None, None, None)


def test_a_picture_lies_upright():
    found = pictures.read(photograph(size=(60, 30), orientation=6))
    assert (found.width, found.height) == (30, 60)
    assert Image.open(io.BytesIO(found.thumbnail)).size == (30, 60)


def test_large_pictures_are_kept_smaller():
    found = pictures.read(photograph(size=(2600, 1300)))
    assert Image.open(io.BytesIO(found.picture)).size == (found.width, found.height) == (2000, 1000)
    assert max(Image.open(io.BytesIO(found.thumbnail)).size) == pictures.THUMBNAIL_PX


def test_a_png_with_transparency_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    shown = Image.open(io.BytesIO(pictures.read(out.getvalue()).picture))
    assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_alike_pictures_have_near_hashes():
    same = pictures.read(photograph(size=(320, 240))), pictures.read(photograph(size=(160, 120)))
    other = pictures.read(photograph(size=(320, 240), mark=3))
    bits = [(int(same[0].look, 16) ^ int(item.look, 16)).bit_count() for item in (same[1], other)]
    assert bits[0] <= bits[1]


def png_saying(width, height):
    """A PNG whose header claims more pixels than the file has."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6000, 6000), (60_000, 60_000)])
def test_more_pixels_than_allowed_are_refused_before_they_are_read(size):
    with pytest.raises(BadPictureError, match="million pixels"):
        pictures.read(png_saying(*size))


def test_more_bytes_than_allowed_are_refused():
    with pytest.raises(BadPictureError, match=r"at most 10 MB; this one has 10\.0"):
        pictures.read(bytes(pictures.MOST_BYTES + 1))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"GIF89a" + bytes(40), b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_jpeg_or_png_is_refused(data):
    with pytest.raises(BadPictureError, match="no JPEG or PNG"):
        pictures.read(data)


def test_a_truncated_picture_is_refused():
    with pytest.raises(BadPictureError, match="damaged"):
        pictures.read(photograph(size=(640, 480))[:6000])


@pytest.mark.parametrize("at", range(20, 400, 20))
def test_damaged_metadata_never_break_a_reading(at):
    data = bytearray(photograph())
    data[at : at + 8] = b"\xff\x00\xff\x7f\x00\x00\x01\xff"
    with contextlib.suppress(BadPictureError):
        pictures.read(bytes(data))


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (91, 0, 0), 3: "E", 4: (104, 0, 0)},
        {1: "", 2: (36, 0, 0), 3: "E", 4: (104, 0, 0)},
        {1: "N", 2: (36, 0), 3: "E", 4: (104, 0, 0)},
        {1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)},
        {2: (36, 0, 0)},
    ],
)
def test_a_broken_place_is_unknown(gps):
    assert pictures._place(gps) is None


def test_south_and_west_are_negative():
    assert pictures._place({1: "S", 2: (13, 30, 0), 3: "W", 4: (70, 0, 36)}) == (-70.01, -13.5)
