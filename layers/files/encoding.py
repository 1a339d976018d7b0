"""Which encoding a file's text is in: what the file declares, strict UTF-8, and otherwise a question, never a silent guess."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.files.questions import Choice, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DBF_CODE_PAGES = {
    0x02: "cp850",
    0x03: "cp1252",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "big5",
    0x7A: "gb18030",
    0x78: "big5",
    0x7B: "cp932",
}
"""Language-driver bytes of a .dbf that name a code page. 0x00 and 0x57 ("the machine's own") name none and are not listed."""

CANDIDATES = ("gb18030", "utf-8", "big5", "cp1252")
SAMPLES = 5
CHINESE_FAMILY = {"gbk", "gb2312", "gb18030", "936", "cp936", "ansi936", "ansi 936", "gb_2312-80"}


@dataclass(frozen=True, slots=True)
class EncodingFound:
    """The encoding of a file and how it is known (cpg, dbf_codepage, utf8, ascii, answered), or the question to ask."""

    value: str | None
    how: str
    question: Question | None = None
    note: str = ""


def codec_name(name: str) -> str | None:
    """Give Python's name of an encoding written in a .cpg or by a person; None when there is none.

    GB2312 and GBK are read as GB18030, which holds both.

    >>> codec_name("GBK"), codec_name("65001"), codec_name("UTF-8"), codec_name("nonsense")
    ('gb18030', 'utf-8', 'utf-8', None)
    """
    text = name.strip().strip("\0").casefold()
    if text in CHINESE_FAMILY:
        return "gb18030"
    if text in ("65001", "utf8"):
        return "utf-8"
    for form in (text, text.removeprefix("ansi ").strip(), f"cp{text}", f"iso-8859-{text.removeprefix('8859')}"):
        try:
            info = codecs.lookup(form)
        except (LookupError, ValueError):
            continue
        if info._is_text_encoding:  # noqa: SLF001 - the only way to tell text codecs from transforms such as base64
            return info.name
    return None


def decodes(samples: Iterable[bytes], encoding: str) -> bool:
    """Say whether every sample decodes strictly."""
    return all(_try(sample, encoding) is not None for sample in samples)


def _try(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None


def _question(samples: Sequence[bytes], why_zh: str, why_en: str) -> Question:
    choices = []
    telling = list(samples)[:SAMPLES]
    for encoding in CANDIDATES:
        texts = [_try(sample, encoding) for sample in telling]
        if decodes(samples, encoding):
            shown = " | ".join(text or "" for text in texts)
            choices.append(Choice(encoding, f"{encoding.upper()}：{shown}", f"{encoding.upper()}: {shown}", shown))
    return Question(
        "encoding",
        f"{why_zh}请看样例文字，选出读得通的编码。",
        f"{why_en} Look at the sample texts and choose the encoding that reads right.",
        tuple(choices),
    )


def find_encoding(
    samples: Iterable[bytes], *, cpg: str | None = None, language_driver: int = 0, answer: str | None = None
) -> EncodingFound:
    """Decide the encoding of a file's texts from what it declares and from its bytes.

    Order: the person's answer; `.cpg`; the language-driver byte of the .dbf; strict UTF-8. A declaration whose bytes do not
    decode is not believed but asked about. Bytes that are not UTF-8 and carry no declaration are always asked about.

    >>> find_encoding(["汉".encode("utf-8")]).how
    'utf8'
    >>> find_encoding(["汉字".encode("gbk")]).question.choices[0].evidence
    '汉字'
    """
    telling = sorted({sample for sample in samples if not sample.isascii()}, key=lambda sample: (-len(sample), sample))
    if answer is not None:
        return _answered(telling, answer)
    if cpg is not None and cpg.strip():
        return _declared(telling, cpg.strip())
    if language_driver in DBF_CODE_PAGES and decodes(telling, DBF_CODE_PAGES[language_driver]):
        return EncodingFound(DBF_CODE_PAGES[language_driver], "dbf_codepage")
    if decodes(telling, "utf-8"):
        return EncodingFound("utf-8", "utf8" if telling else "ascii")
    asked = _question(
        telling, "文件没有说明编码，文字不是 UTF-8。", "The file does not say its encoding and its texts are not UTF-8."
    )
    return EncodingFound(None, "question", asked)


def _declared(telling: Sequence[bytes], cpg: str) -> EncodingFound:
    found = codec_name(cpg)
    if found is not None and decodes(telling, found):
        return EncodingFound(found, "cpg")
    shown = cpg[:20]
    zh = f".cpg 声明为 {shown}，但文字按它读不出来。"
    return EncodingFound(None, "question", _question(telling, zh, f"The .cpg says {shown}, but the texts do not decode so."))


def _answered(telling: Sequence[bytes], answer: str) -> EncodingFound:
    found = codec_name(answer)
    if found is not None and decodes(telling, found):
        return EncodingFound(found, "answered")
    return EncodingFound(
        None,
        "question",
        _question(telling, f"文字按 {answer[:20]} 读不出来。", f"The texts do not decode as {answer[:20]}."),
    )
