"""Citations of the shipped lists read as titles, in the language of the reader."""

import re

import pytest

from layers import key_counties, key_lists
from layers.codes import table
from layers.document_titles import title_of
from layers.indicator_targets import published

HAN = re.compile(r"[\u4e00-\u9fff]")
RAW = re.compile(r"\.txt|\bplan\b|news repost|of the|county profile|notice:")


def cited():
    rows = [*key_counties.published(), *key_lists.published(), *published(), *table("key_county_facts")]
    return sorted({str(row["document"]) for row in rows if row.get("document")})


def test_no_shipped_citation_shows_a_file_name_or_the_other_language():
    assert len(cited()) > 15
    for text in cited():
        chinese, english = title_of(text), title_of(text, "en")
        assert not RAW.search(chinese), text
        assert HAN.search(chinese), text
        assert ".txt" not in english, text


def test_several_documents_are_titled_one_by_one_and_each_once():
    text = "news repost of the 2021-08-27 list; 县委文件7号；news repost of the 2021-08-27 list"
    assert title_of(text).split("；") == ["2021年8月27日公布的国家乡村振兴重点帮扶县名单（新闻转载）", "县委文件7号"]
    assert title_of(text, "en").endswith("; 县委文件7号")


@pytest.mark.parametrize("text", ["", "我县自己的文件"])
def test_what_has_no_title_stays_as_it_was_cited(text):
    assert title_of(text) == title_of(text, "en") == text
