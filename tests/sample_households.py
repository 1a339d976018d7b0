"""Sheets of monitored households made up for tests: nobody's data; every personal cell holds a marker that can be searched for."""

import csv
import io
import random
from decimal import Decimal

import openpyxl

from layers.codes import table

MARK = "甄别记号"
"""Stands in every name; no place or unit has it."""
FORM = [row for row in table("household_form") if row["row_no"] != "51"]
PERSONAL = ("A5", "A7", "A55", "A2")


def markers(grid):
    """Every personal value of a sheet: names, numbers, addresses, contacts."""
    return sorted({cell for row in grid[3:] for cell in row if cell and (MARK in cell or (len(cell) == 18 and cell.isdigit()))})


def household(draw, number, village, month="2026-10", **given):
    """The rows of one household as dictionaries by item."""
    persons = given.pop("persons", draw.choice([1, 2, 2, 3, 3, 4, 5, 6]))
    kind = given.get("A3", draw.choice("112233"))
    head = draw.randrange(4200, 6300) if kind in "12" else draw.randrange(6600, 9000)
    wage, business, cost = head * persons, draw.randrange(0, 3000), draw.randrange(0, 2000)
    money = {"A28": wage - business + cost, "A29": business, "A30": 0, "A31": 0, "A32": cost, "A35": 100, "A36": 2100}
    net = Decimal(wage)
    own = {
        "村代码": village,
        "户编号": f"H{number:05d}",
        "纳入时间": draw.choice(["2025-03", "2026-02", "2026-09", month]),
        "A1": draw.choice(["", "", "", "是"]),
        "A2": f"{MARK}地址{number}",
        "A3": kind,
        "A4": {"1": "是", "2": "否"}.get(kind, draw.choice(["是", "否"])),
        "A23": draw.choice(["02", "02", "02", "01"]),
        "A24": "02 否",
        "A25": draw.choice(["否", "否", "是"]),
        "A27": draw.choice(["01", "07", "01;07", "因残", "09", "因病、缺劳动力", ""]),
        **{item: str(value) for item, value in money.items()},
        "A33": str(net),
        "A34": str((net / persons).quantize(Decimal("0.01"))),
        "A37": str(net - 2000),
        "A38": str(((net - 2000) / persons).quantize(Decimal("0.01"))),
        "A39": draw.choice(["", "", "01;03"]),
        "A48": draw.choice(["", "01"]),
        "A55": f"{MARK}联系{number} 138{number:08d}",
    } | {name: value for name, value in given.items() if not name.startswith("member_")}
    rows = []
    for member in range(persons):
        insured = given.get("member_A17", draw.choice(["01"] * 19 + ["02"]))
        rows.append(
            {
                "户编号": own["户编号"],
                "A5": f"{MARK}{number}之{member}",
                "A6": draw.choice(["男", "女"]),
                "A7": f"9999{number:08d}{member:06d}",
                "A8": "本人或户主" if member == 0 else draw.choice(["配偶", "之子", "04"]),
                "A9": "汉族",
                "A10": "群众",
                "A11": "02",
                "A12": "",
                "A13": draw.choice(["01", "02"]),
                "A14": "01",
                "A15": "县内",
                "A16": draw.choice(["0", "3.5", "12"]),
                **dict.fromkeys(("A17", "A18", "A19"), insured),
                "A20": "02",
                "A21": "02",
                "A22": own.get("A22", draw.choice(["02", "02", "02", "01"])),
            }
            | (own if member == 0 else {})
        )
    uninsured = any(row["A17"] == "02" for row in rows)
    rows[0]["A26"] = given.get("A26", "01" if uninsured else "02")
    return rows


def households(villages, count, *, seed=7, month="2026-10"):
    """Rows of many households, spread unevenly over villages."""
    draw = random.Random(seed)
    weights = [draw.random() ** 2 + 0.02 for _ in villages]
    chosen = draw.choices(list(villages), weights, k=count)
    return [row for number, village in enumerate(chosen) for row in household(draw, number, village, month)]


def grid(rows):
    """Lay rows out as an office does: a title, a line of labels, a line of marks, then the members."""
    names = ["村代码", "户编号", "纳入时间", *(row["item"] for row in FORM)]
    labels = ["村代码", "户编号", "纳入时间", *(f"{number}.{row['label_zh']}" for number, row in enumerate(FORM, start=1))]
    marks = ["", "", "", *(row["item"] for row in FORM)]
    return [["防止返贫监测对象信息采集表"], labels, marks, *([row.get(name, "") for name in names] for row in rows)]


def as_csv(cells, encoding="gb18030"):
    """A sheet as the bytes of a CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(cells)
    return out.getvalue().encode(encoding)


def as_xlsx(cells):
    """A sheet as the bytes of a workbook."""
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
