"""Papers and photographs in the store: each content once, whole, with the store wherever it goes."""

import hashlib
import sqlite3

import pytest

from layers.errors import BadAttachmentError, NotFoundError
from layers.store import open_store
from layers.store.attachments import LARGEST

PAPER = b"%PDF-1.7 \x00\xff" + "村申〔2026〕1号".encode() * 50


def test_a_file_comes_back_as_it_was_handed_in(store):
    number = store.attachments.add(PAPER, "../上报\\村申〔2026〕1号.pdf", "application/pdf", who="李")
    found = store.attachments.get(number)
    assert (found.data, found.size, found.sha256) == (PAPER, len(PAPER), hashlib.sha256(PAPER).hexdigest())
    assert (found.name, found.media_type, found.who) == ("村申〔2026〕1号.pdf", "application/pdf", "李")
    with pytest.raises(NotFoundError, match="There is no attachment 99"):
        store.attachments.get(99)


def test_the_same_content_is_kept_once(store):
    first = store.attachments.add(PAPER, "a.pdf", "application/pdf", who="李")
    assert store.attachments.add(PAPER, "b.pdf", "application/pdf", who="王") == first
    assert store.attachments.add(PAPER + b"!", "a.pdf", "application/pdf", who="李") == first + 1
    assert store.attachments.get(first).name == "a.pdf"


@pytest.mark.parametrize("size", [0, LARGEST + 1])
def test_nothing_empty_and_nothing_too_large_is_kept(store, size):
    with pytest.raises(BadAttachmentError, match=f"found {size}"):
        store.attachments.add(bytes(size), "a.bin", "application/octet-stream", who="李")
    with pytest.raises(NotFoundError):
        store.attachments.get(1)


def test_the_largest_one_is_kept(store):
    number = store.attachments.add(bytes(LARGEST), "a.bin", "application/octet-stream", who="李")
    assert len(store.attachments.get(number).data) == LARGEST


@pytest.mark.postgis
def test_they_go_with_the_store_into_a_copy_of_the_other_kind(store, layers, tmp_path, request):
    numbers = [store.attachments.add(PAPER + bytes([n]), f"{n}.pdf", "application/pdf", who="李") for n in range(6)]
    target = request.getfixturevalue("postgis_schema") if store.kind == "gpkg" else tmp_path / "copy.gpkg"
    with open_store(target, create=True, layers=layers) as other:
        store.copy_into(other)
        assert [other.attachments.get(n).data for n in numbers] == [PAPER + bytes([n]) for n in range(6)]
        assert other.full_checksum() == store.full_checksum()
        assert other.verify() == []


def test_a_checked_copy_holds_them(store, layers, tmp_path):
    number = store.attachments.add(PAPER, "a.pdf", "application/pdf", who="李")
    with open_store(store.copy_to(tmp_path / "kept.gpkg"), layers=layers) as other:
        assert other.attachments.get(number).data == PAPER


def test_bytes_changed_past_the_store_are_found(gpkg, path, layers):
    number = gpkg.attachments.add(PAPER, "a.pdf", "application/pdf", who="李")
    assert gpkg.verify() == []
    gpkg.close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE xt_attachments SET content = x'00'")
    connection.close()
    with open_store(path, layers=layers) as again:
        assert again.verify() == [f"attachment {number}: its bytes differ from its checksum; another program changed it"]
