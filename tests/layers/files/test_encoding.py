"""Encodings: what is declared, what decodes, and what has to be asked."""

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from layers import files
from layers.files.encoding import codec_name, find_encoding
from layers.files.errors import QuestionError

CHINESE = "白银市会宁县"


@pytest.mark.parametrize(
    ("name", "codec"),
    [("GBK", "gb18030"), ("936", "gb18030"), ("ANSI 936", "gb18030"), ("GB2312", "gb18030"), ("UTF-8", "utf-8"), ("utf8", "utf-8"),
     ("65001", "utf-8"), ("1252", "cp1252"), ("BIG5", "big5"), ("8859-1", "iso8859-1"), ("base64", None), ("汉字", None), ("", None)],
)  # fmt: skip
def test_names_of_encodings(name, codec):
    assert codec_name(name) == codec


def test_declared_encoding_is_believed_when_it_decodes():
    found = find_encoding([CHINESE.encode("gbk")], cpg="GBK")
    assert (found.value, found.how) == ("gb18030", "cpg")


def test_declared_encoding_that_does_not_decode_is_asked_about():
    found = find_encoding([CHINESE.encode("gbk")], cpg="UTF-8")
    assert found.value is None
    assert "UTF-8" in found.question.text_en
    assert next(choice for choice in found.question.choices if choice.value == "gb18030").evidence == CHINESE


def test_unknown_declared_encoding_is_asked_about():
    assert find_encoding([CHINESE.encode("gbk")], cpg="nonsense").question is not None


def test_code_page_byte_of_the_table():
    found = find_encoding([CHINESE.encode("gbk")], language_driver=0x4D)
    assert (found.value, found.how) == ("gb18030", "dbf_codepage")


def test_code_page_byte_that_does_not_decode_is_not_believed():
    assert find_encoding([b"\xff\xff\xff"], language_driver=0x4D).question is not None


def test_strict_utf8_and_plain_ascii():
    assert find_encoding([CHINESE.encode()]).how == "utf8"
    assert find_encoding([b"abc"]).how == "ascii"


def test_gbk_without_declaration_is_a_question_with_samples():
    found = find_encoding([CHINESE.encode("gbk"), "景泰县".encode("gbk")])
    assert found.value is None
    assert found.question.kind == "encoding"
    first = found.question.choices[0]
    assert first.value == "gb18030"
    assert CHINESE in first.label_zh
    assert "utf-8" not in [choice.value for choice in found.question.choices]


def test_answer_is_taken_or_asked_again():
    assert find_encoding([CHINESE.encode("gbk")], answer="GBK").how == "answered"
    assert find_encoding([CHINESE.encode("gbk")], answer="utf-8").question is not None


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=20))
def test_chinese_in_gb18030_is_never_guessed_silently(text):
    found = find_encoding([text.encode("gb18030")])
    assert found.value in (None, "utf-8")
    if found.value == "utf-8":
        assert text.encode("gb18030").decode("utf-8")
    else:
        assert "gb18030" in [choice.value for choice in found.question.choices]


# through a whole file


def test_gbk_shapefile_with_cpg(shape_zip):
    path = shape_zip(encoding="GBK", cpg="GBK")
    found = files.inspect(path, original_name=path.name)
    assert found.encoding == ("gb18030", "cpg")
    assert found.sample_values["name"] == ("白银市",)


def test_gbk_shapefile_without_cpg_is_asked_about_and_then_read(shape_zip):
    path = shape_zip(encoding="GBK", cpg="")
    with pytest.raises(QuestionError) as caught:
        files.read(path, original_name=path.name)
    (question,) = caught.value.questions
    assert question.choices[0].evidence == "白银市"
    raw = files.read(path, original_name=path.name, answers=files.Answers(encoding=question.choices[0].value))
    assert raw.frame["name"].tolist() == ["白银市"]
    assert raw.encoding == "gb18030"


def test_wrong_cpg_is_asked_about(shape_zip):
    path = shape_zip(encoding="GBK", cpg="UTF-8")
    assert [question.kind for question in files.inspect(path, original_name=path.name).questions] == ["encoding"]


def test_chinese_field_names(shape_zip):
    frame = gpd.GeoDataFrame({"名称": ["甲"], "人口": [3]}, geometry=[Point(104, 36)], crs=4490)
    path = shape_zip(frame=frame, encoding="GBK", cpg="936")
    assert list(files.read(path, original_name=path.name).frame.columns) == ["名称", "人口", "geometry"]


@pytest.mark.parametrize(("encoding", "how"), [("utf-8", "utf8"), ("utf-8-sig", "bom"), ("utf-16", "bom")])
def test_csv_that_says_its_encoding(tmp_path, encoding, how):
    path = tmp_path / "a.csv"
    path.write_text("名称,人口\n甲村,12\n", encoding=encoding)
    found = files.inspect(path, original_name="a.csv")
    assert found.encoding[1] == how
    assert found.sample_values == {"名称": ("甲村",), "人口": ("12",)}


def test_csv_in_gb18030_is_a_question(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("名称,人口\n甲村,12\n".encode("gb18030"))
    (question,) = files.inspect(path, original_name="a.csv").questions
    assert "甲村" in question.choices[0].evidence
    assert files.read(path, original_name="a.csv", answers=files.Answers(encoding="gb18030")).frame["名称"].tolist() == ["甲村"]


def test_names_inside_a_zip_packed_by_chinese_windows(tmp_path, shapefile, pack):
    parts = shapefile()
    path = pack(tmp_path / "a.zip", {"XXXX" + suffix: data for suffix, data in parts.items()})
    path.write_bytes(path.read_bytes().replace(b"XXXX.", "道路".encode("gbk") + b"."))
    found = files.inspect(path, original_name="a.zip")
    assert found.layers == ("道路",)
