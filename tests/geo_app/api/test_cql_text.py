"""Our reading of CQL2 text beside the reference parser, and what ends or stalls that one."""

from contextlib import suppress

import cql2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_app.api.cql_text import parse
from layers.errors import BadConditionError

TEXTS = [
    "name = 'O''Neil'",
    "S_INTERSECTS(geometry, BBOX(104,35,105,36))",
    "s_within(geometry, MULTIPOLYGON(((1 1,2 1,2 2,1 1)),((3 3,4 3,4 4,3 3))))",
    "S_CROSSES(geometry,LINESTRING(-1.5 2, 3 4)) or S_EQUALS(geometry, POINT(1 2))",
    "CASEI(name) LIKE CASEI('a%') and name not like '_b'",
    "name like 'a%' and not (lanes in (1,2))",
    "lanes BETWEEN 1 AND 2 AND width_m <> 3.5 OR lanes not between -1 and +2",
    "name IS NULL or name is not null",
    "T_AFTER(d, DATE('2020-01-01')) and T_DURING(d, INTERVAL('2020-01-01','..'))",
    "d > TIMESTAMP('2020-01-01T00:00:00Z')",
    '"村名" = \'张家\' and 路=\'x\' and "a""b" = 1',
    "all_season = true and all_season and not false",
    "not a = 1 and b = 2 or c = 3",
    "((a=1) and (b=2)) or not (c=3)",
    '((("surface_type" = \'水泥\') AND ("lanes" > 1)))',
    "not not a=1",
    "1=1",
    "name in ('x', 'y')",
    "a:b.c >= 1e3",
]


@pytest.mark.parametrize("text", TEXTS)
def test_reads_as_the_reference_does(text):
    assert parse(text) == cql2.parse_text(text).to_json()


fields = st.sampled_from(["name", "lanes", "路名", "a:b"]).map(lambda name: {"property": name})
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
values = texts | st.integers(-1000, 1000) | st.sampled_from([1.5, -2.25, True]) | st.just({"date": "2024-02-29"})
leaves = st.one_of(
    st.builds(
        lambda op, field, value: {"op": op, "args": [field, value]},
        st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
        fields,
        values,
    ),
    st.builds(lambda field, text: {"op": "like", "args": [field, text]}, fields, texts),
    st.builds(
        lambda field, low, high: {"op": "between", "args": [field, low, high]}, fields, st.integers(0, 9), st.integers(0, 9)
    ),
    st.builds(lambda field, items: {"op": "in", "args": [field, items]}, fields, st.lists(texts, min_size=1, max_size=3)),
    st.builds(lambda field: {"op": "isNull", "args": [field]}, fields),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda op, args: {"op": op, "args": args}, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)
        ),
        inner.map(lambda node: {"op": "not", "args": [node]}),
    ),
    max_leaves=6,
)


@given(trees)
@settings(max_examples=150)
def test_what_the_reference_writes_is_read_as_it_reads_it(tree):
    text = cql2.Expr(tree).to_text()
    assert parse(text) == cql2.parse_text(text).to_json()


pieces = st.sampled_from([*"()'\"aN O=<>,1-.%路", "and ", "in (", "not ", "POINT(", "casei(", " is null"])


@given(st.lists(pieces, max_size=40).map("".join) | st.text(max_size=40))
@settings(max_examples=150)
def test_any_text_is_read_or_refused(text):
    with suppress(BadConditionError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1999 + "a=1" + ")" * 1999,  # the reference ends the process
        "-" * 4000 + "1=1",  # as here
        "(a=(" * 1000,  # and takes minutes for twenty of these
        "a in (" * 600,
        "not " * 1000 + "a=1",
        "casei(" * 600,
        "GEOMETRYCOLLECTION(" * 200 + "POINT(1 1)" + ")" * 200,
        "POINT(" * 600,
        "(" * 20 + "a=1" + ")" * 20,
        "a = 1 + 2",
        "a = 1; DROP TABLE roads",
        "a = 'x' --",
        "a = 'x",
        "a IN ()",
        "a NOT = 1",
        "a IS 1",
        "a BETWEEN 1 OR 2",
        "POINT(a b)",
        "= 1",
        "",
    ],
)
def test_what_is_refused_at_once(text):
    with pytest.raises(BadConditionError):
        parse(text)


def test_as_deep_as_may_be():
    assert parse("(" * 19 + "a=1" + ")" * 19) == {"op": "=", "args": [{"property": "a"}, 1]}


def test_a_message_shows_where():
    with pytest.raises(BadConditionError, match=r"at '; DROP TABLE roads'; written rightly"):
        parse("a = 1; DROP TABLE roads")
