"""QR codes are read back: from the printed page by a small reader written here from the standard (ISO/IEC 18004), not by its writer.

The reader samples the picture of the page, finds the format bits, takes the mask off, walks the codewords and parses bytes. It
needs a clean picture and repairs nothing, so an error of the writer or of the typesetting is not hidden.
"""

import datetime as dt
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from map_templates.books import NoticeSheet, notice_pdf, qr

MASKS = (
    lambda r, c: (r + c) % 2,
    lambda r, _: r % 2,
    lambda _, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: (r * c) % 2 + (r * c) % 3,
    lambda r, c: ((r * c) % 2 + (r * c) % 3) % 2,
    lambda r, c: ((r + c) % 2 + (r * c) % 3) % 2,
)
BLOCKS = {1: (1, 16), 2: (1, 28), 3: (1, 44), 4: (2, 32), 5: (2, 43), 6: (4, 27)}
"""Version → number of blocks and data codewords of each, for error correction M."""
LEVEL_M = 0


def is_function(n, r, c):
    """Whether a module is no data: finders with format, timing, alignment."""
    version = (n - 17) // 4
    if (r < 9 and c < 9) or (r < 9 and c >= n - 8) or (r >= n - 8 and c < 9) or r == 6 or c == 6:
        return True
    middle = 4 * version + 10
    return version >= 2 and abs(r - middle) <= 2 and abs(c - middle) <= 2


def codewords(matrix, mask):
    n, bits, up = len(matrix), [], True
    for right in (c for c in range(n - 1, 0, -2)):
        column = right if right > 6 else right - 1
        for r in range(n - 1, -1, -1) if up else range(n):
            own = [c for c in (column, column - 1) if not is_function(n, r, c)]
            bits += [int(matrix[r][c]) ^ (MASKS[mask](r, c) == 0) for c in own]
        up = not up
    return [int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits) - 7, 8)]


def read(matrix):
    """Read the text of a matrix of modules (true is dark)."""
    n = len(matrix)
    version = (n - 17) // 4
    places = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    form = int("".join(str(int(matrix[r][c])) for r, c in places), 2) ^ 0b101010000010010
    level, mask = form >> 13, (form >> 10) & 7
    assert level == LEVEL_M, "error correction M"
    count, size = BLOCKS[version]
    words = codewords(matrix, mask)[: count * size]
    data = [words[k * count + block] for block in range(count) for k in range(size)]
    bits = "".join(f"{word:08b}" for word in data)
    assert bits[:4] == "0100", "byte mode"
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * at : 20 + 8 * at], 2) for at in range(length)).decode("utf-8")


def sampled(picture):
    """Find the code in a picture that shows nothing else dark, and sample its modules."""
    dark = np.asarray(picture.convert("L")) < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    box = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert abs(box.shape[0] - box.shape[1]) <= 2, f"a square was expected, found {box.shape}"
    for n in (17 + 4 * version for version in BLOCKS):
        at = ((np.arange(n) + 0.5) * box.shape[0] / n).astype(int)
        found = box[np.ix_(at, at)]
        ring = found[:7, :7].copy()
        timing = found[6, 8 : n - 8]
        if ring[0].all() and ring[:, 0].all() and not ring[1, 1:6].any() and (timing == (np.arange(len(timing)) % 2 == 0)).all():
            return found
    raise AssertionError("no code was found")


ADDRESSES = (
    "http://127.0.0.1:8000/public/1",
    "https://xiangtu.example.gov.cn/public/projects/P6204220072",
    "https://x.cn/public/assets/%E9%87%91-1?x=" + "y" * 60,
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_matrix_says_the_address(address):
    matrix = [[bool(module) for module in row] for row in qr.code(address).matrix]
    assert read(matrix) == address


def test_the_drawing_is_black_on_white_with_its_quiet_zone():
    drawn = qr.svg(ADDRESSES[0])
    n = len(qr.code(ADDRESSES[0]).matrix)
    assert f'viewBox="0 0 {n + 2 * qr.QUIET_ZONE} {n + 2 * qr.QUIET_ZONE}"' in drawn
    assert 'fill="#fff"' in drawn
    assert 'stroke="#000"' in drawn
    assert "<script" not in drawn


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils draws the page")
@pytest.mark.parametrize("address", ADDRESSES[:2])
def test_the_code_on_the_printed_sheet_is_read_back(tmp_path, address):
    sheet = NoticeSheet(
        title="东县南乡甲南村项目申报村级公示",
        unit="甲南村村民委员会",
        issued=dt.date(2026, 3, 1),
        starts=dt.date(2026, 3, 1),
        ends=dt.date(2026, 3, 10),
        objection="如有异议请反映。",
        address=address,
        facts=(("项目名称", "通组路"),),
        simulated=True,
    )
    (tmp_path / "n.pdf").write_bytes(notice_pdf(sheet))
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-png", tmp_path / "n.pdf", tmp_path / "n"], check=True)
    page = Image.open(next(tmp_path.glob("n*.png"))).convert("L")
    pixel = 200 / 25.4
    left, right = int(147 * pixel), int(185 * pixel)
    strip = np.asarray(page)[:, left:right] < 128
    busy = strip.any(axis=1) & ~strip.all(axis=1)
    starts = np.flatnonzero(np.diff(np.concatenate([[0], busy.astype(int)])) == 1)
    ends = np.flatnonzero(np.diff(np.concatenate([busy.astype(int), [0]])) == -1)
    tallest = int(np.argmax(ends - starts))
    code = page.crop((left, int(starts[tallest]), right, int(ends[tallest]) + 1))
    assert (ends - starts)[tallest] > 25 * pixel, "at least 2.5 cm across"
    assert read(sampled(code)) == address
