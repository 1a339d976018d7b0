"""Books over HTTP: chosen, shown, made by a job as PDF and workbook, and only of what the account reads."""

import datetime as dt
import io

import openpyxl
import pandas as pd
import pytest

from layers.store import Change, Insert

EAST, WEST, SOUTH, VILLAGE = "990101", "990102", "990101001", "990101001200"


@pytest.fixture
def here(peopled):
    store = peopled.extensions["xiangtu"].store
    peopled.config["OFFICE_DAY"] = dt.date(2026, 11, 22)
    rows = []
    for n, (village, township, county) in enumerate([(VILLAGE, SOUTH, EAST), ("990102001202", "990102001", WEST)], start=1):
        place = {"village_code": village, "township_code": township, "county_code": county, "data_quality": "synthetic"}
        rows.append(
            {"asset_id": f"Z-{n}", "name": "=1+1" if n == 1 else "西界之内", "asset_class": "PUB", "original_value": 2.5} | place
        )
        rows.append(
            {"asset_id": f"H-{n}", "name": "钱某某家母羊", "asset_class": "HHD", "owner": "钱某某", "original_value": 1.0} | place
        )
    store.apply(Change("li", "测试局", "资产", (Insert("assets", pd.DataFrame(rows, dtype=object)),), kind="demo"))
    return peopled


def made(web, name, **fields):
    job = web.job(f"/books/{name}", fields)
    return web.get(job["href"])


def test_a_book_is_chosen_shown_and_made(here, browser_of):
    east = browser_of(here, "east")
    assert east.page("/books").count('href="/books/') >= 13
    page = east.page(f"/books/village-ledger?area={VILLAGE}")
    assert "村级帮扶项目资产台账" in page
    assert "Z-1" in page
    assert "钱某某" not in page
    assert "模拟数据" in page
    pdf = made(east, "village-ledger", area=VILLAGE, format="pdf")
    assert pdf.data.startswith(b"%PDF")
    assert "attachment" in pdf.headers["Content-Disposition"]
    workbook = made(east, "village-ledger", area=VILLAGE, format="xlsx", year="2026")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.data), data_only=True).worksheets[0]
    values = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in values
    assert 3.5 in values
    assert not [value for value in values if "钱某某" in str(value)]


def test_only_what_the_account_reads_is_in_a_book(here, browser_of):
    east = browser_of(here, "east")
    page = east.page("/books/county-ledger")
    assert "Z-1" in page
    assert "Z-2" not in page
    assert "西界之内" not in page
    assert east.get(f"/books/county-ledger?area={WEST}").status_code == 404
    assert east.post("/books/county-ledger", {"area": WEST, "format": "pdf"}).status_code == 404
    assert "Z-2" in browser_of(here, "revital").page("/books/county-ledger")
    assert east.json("/jobs/list")["jobs"] == [], "what is refused begins no job"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/books/nothing", 404),
        ("/books/village-ledger", 200),
        (f"/books/village-ledger?area={EAST}", 400),
        ("/books/county-ledger?year=abc", 400),
        ("/books/county-ledger?year=1200", 400),
        ("/books/sector-ledger?sector=x", 400),
        ("/books/sector-ledger?sector=transport", 200),
        ("/books/list-rules", 200),
        ("/books/files/99", 404),
    ],
)
def test_what_cannot_be_shown_is_said(here, browser_of, path, status):
    assert browser_of(here, "east").get(path).status_code == status


def test_books_ask_for_an_account_and_belong_to_who_made_them(here, browser_of):
    nobody = browser_of(here)
    for path in ("/books", "/books/county-ledger"):
        assert nobody.get(path, headers={"Accept": "application/json"}).status_code == 401
    east = browser_of(here, "east")
    job = east.job("/books/list-rules", {"format": "xlsx"})
    assert browser_of(here, "revital").get(job["href"]).status_code == 404
    assert east.post("/books/list-rules", {"format": "docx"}).status_code == 400
