"""Files on their way out: no formula runs, names may be Chinese, nothing is left behind."""

import csv
import io

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_app.errors import BadRequestError
from geo_app.web import sending


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_formulas_stay_texts(text):
    frame = pd.DataFrame({"name": [text], "n": [-1.5]})
    (row,) = csv.DictReader(io.StringIO(sending.csv(frame).decode("utf-8-sig"), newline=""))
    assert row["name"] == f"'{text}"
    assert float(row["n"]) == -1.5
    cells = openpyxl.load_workbook(io.BytesIO(sending.xlsx({"a": frame})))["a"]
    assert cells["A2"].data_type != "f"
    assert cells["B2"].value == -1.5


@given(
    st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=["Cs", "Cc"]), max_size=20),
        min_size=1,
        max_size=5,
    )
)
def test_texts_come_back(texts):
    frame = pd.DataFrame({"name": texts})
    read = [row["name"] for row in csv.DictReader(io.StringIO(sending.csv(frame).decode("utf-8-sig"), newline=""))]
    assert [text.removeprefix("'") if text.startswith(("'=", "'+", "'-", "'@")) else text for text in read] == texts or any(
        text == "" for text in texts
    )


def test_lists_and_unknown(app):
    frame = pd.DataFrame({"a": [[{"code": "x", "amount": 1}], None], "b": [float("nan"), 2]})
    text = sending.csv(frame).decode("utf-8-sig")
    assert "x 1" in text
    assert text.splitlines()[2] == ",2.0"


def test_format_must_be_offered():
    assert sending.format_of("csv", ("csv",)) == "csv"
    with pytest.raises(BadRequestError, match="one of csv, found 'exe'"):
        sending.format_of("exe", ("csv",))


def test_nothing_is_left_behind(web, app):
    assert web.post("/downloads/layers/hamlets", data={"format": "gpkg"}).status_code == 200
    assert list(app.extensions["xiangtu"].settings.exports.iterdir()) == []
