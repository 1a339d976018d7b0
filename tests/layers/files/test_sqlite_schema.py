"""The list of tables of an SQLite file is read as SQLite reads it, without SQLite."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.files.errors import UnreadableFileError
from layers.files.sqlite_schema import check_tables_only, schema_items


def base(tmp_path, *statements, page_size=1024, name="a.db"):
    path = tmp_path / name
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"pragma page_size={page_size}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    rows = connection.execute("select type, name, sql from sqlite_master").fetchall()
    connection.close()
    return path, rows


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 120), st.sampled_from([512, 1024, 4096, 65536]), st.integers(0, 3000))
def test_same_list_as_sqlite(tmp_path_factory, count, page_size, length):
    statements = [f"create table t{at} (a text, b integer, c{'x' * (length if at % 7 == 0 else 5)} real)" for at in range(count)]
    path, rows = base(
        tmp_path_factory.mktemp("db"), *statements, "create view v as select 1", "create index i on t0 (a)", page_size=page_size
    )
    found = schema_items(path.read_bytes())
    assert sorted((item.kind, item.name, item.sql) for item in found) == sorted(
        (kind, name, sql or "") for kind, name, sql in rows
    )


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("create view v as select 1", "view"),
        ("create temp view ignored as select 1", None),
        ("create trigger tr after insert on t begin select 1; end", "trigger"),
        ("create trigger rtree_t_geom_insert after insert on t begin select 1; end", None),
        ("create trigger gpkg_tile_matrix_zoom after insert on t begin select 1; end", None),
        ("create virtual table r using rtree(id, a, b, c, d)", None),
        ("create virtual table f using fts5(a)", "virtual table"),
        ("create table g (a, b as (a + 1))", "computed"),
        ("create table g (a, b generated always as (a + 1) stored)", "computed"),
        ("create table g (a, alias_b text default 'as x')", None),
    ],
)
def test_only_tables(tmp_path, statement, word):
    path, _ = base(tmp_path, "create table t (a)", statement)
    if word is None:
        check_tables_only(path)
        return
    with pytest.raises(UnreadableFileError, match=word):
        check_tables_only(path)


def test_texts_in_another_encoding_are_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("pragma encoding='UTF-16le'")
    connection.execute("create table t (a)")
    connection.commit()
    connection.close()
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        check_tables_only(tmp_path / "a.db")


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_damaged_lists_are_refused_or_read(tmp_path_factory, data):
    path, _ = base(tmp_path_factory.mktemp("db"), *[f"create table t{at} (a text)" for at in range(30)], page_size=512)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(16, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    try:
        schema_items(bytes(content))
    except UnreadableFileError:
        return
