"""CQL2 compiled to SQL: the same rows as the filter worked out in Python, and no way around the list of columns."""

import datetime as dt

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import BadConditionError
from layers.store import Change, Insert, Reach, open_store
from layers.store.cql import MAX_NODES, fields_of
from layers.store.querying import Query, extent, page

TEXTS = ["水泥路", "O'Neil", "o'neil", "a%b_c*d?[e]", "", "A", "ÄB", "a\\b", "1 OR 1=1"]
DAYS = ["2023-12-31", "2024-01-01", "2024-06-15", None]
BOXES = [[104.0, 36.0, 104.05, 36.05], [104.02, 36.02, 104.021, 36.021], [10.0, 10.0, 11.0, 11.0], [103.0, 35.0, 106.0, 38.0]]
ROWS = 48


def frame():
    shapes, rows = [], []
    for number in range(ROWS):
        x, y = 104.0 + number % 8 * 0.01, 36.0 + number // 8 * 0.01
        shapes.append(None if number % 7 == 3 else shapely.LineString([(x, y), (x + 0.012, y + 0.004 * (number % 3))]))
        rows.append(
            {
                "segment_id": f"R{number}",
                "name": None if number % 5 == 0 else TEXTS[number % len(TEXTS)],
                "maintainer": None if number % 4 == 0 else TEXTS[number // 2 % len(TEXTS)],
                "width_m": None if number % 6 == 1 else 2.5 + number % 5 / 2,
                "lanes": None if number % 9 == 2 else number % 4 + 1,
                "all_season": [True, False, None][number % 3],
                "source_date": DAYS[number % 4],
                "township_code": "T1" if number % 2 else "T2",
            }
        )
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4490")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("cql") / "s.gpkg", create=True) as opened:
        opened.apply(Change("w", "b", "r", (Insert("roads", frame()),)))
        yield opened


@pytest.fixture(scope="module")
def postgis(postgis_server):
    with open_store(f"{postgis_server}?schema=cql", create=True) as opened:
        opened.apply(Change("w", "b", "r", (Insert("roads", frame()),)))
        yield opened


# the same filter worked out in Python, with unknown as None


def truth(tree, row):  # noqa: PLR0911 - one line a kind of condition
    if isinstance(tree, bool):
        return tree
    if "property" in tree:
        return row[tree["property"]]
    op, args = tree["op"], tree["args"]
    if op == "and":
        return conjunction([truth(item, row) for item in args])
    if op == "or":
        found = conjunction([negation(truth(item, row)) for item in args])
        return negation(found)
    if op == "not":
        return negation(truth(args[0], row))
    if op == "isNull":
        return value(args[0], row) is None
    if op.startswith("s_"):
        return spatial(op, row["geometry"], args[1])
    if op.startswith("t_"):
        return temporal(op, row[args[0]["property"]], args[1])
    if op == "in":
        return negation(conjunction([negation(compared("=", value(args[0], row), value(item, row))) for item in args[1]]))
    if op == "between":
        middle, low, high = (value(item, row) for item in args)
        return conjunction([compared(">=", middle, low), compared("<=", middle, high)])
    if op == "like":
        text, pattern = value(args[0], row), value(args[1], row)
        folded = any(isinstance(item, dict) and item.get("op") == "casei" for item in args)
        return None if text is None else like(text.lower() if folded else text, pattern.lower() if folded else pattern)
    return compared(op, value(args[0], row), value(args[1], row))


def negation(found):
    return None if found is None else not found


def conjunction(parts):
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def value(node, row):
    if isinstance(node, dict) and node.get("op") == "casei":
        inner = value(node["args"][0], row)
        return None if inner is None else inner.lower()
    if isinstance(node, dict) and "property" in node:
        found = row[node["property"]]
        return found.isoformat() if isinstance(found, dt.date) else found
    if isinstance(node, dict) and "date" in node:
        return node["date"]
    return node


def compared(op, left, right):
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[op]


def like(text, pattern):
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "%":
        return any(like(text[at:], rest) for at in range(len(text) + 1))
    if head == "\\" and rest:
        return bool(text) and text[0] == rest[0] and like(text[1:], rest[1:])
    return bool(text) and (head == "_" or text[0] == head) and like(text[1:], rest)


def spatial(op, held, node):
    if held is None:
        return None
    box = shapely.box(*node["bbox"])
    return bool(getattr(shapely, op[2:])(held, box))


def temporal(op, day, node):
    if day is None:
        return None
    ends = node["interval"] if "interval" in node else [node["date"]] * 2
    first, last = (None if end == ".." else dt.date.fromisoformat(end) for end in ends)
    before, after = first is not None and day < first, last is not None and day > last
    strict = op == "t_during" and "interval" in node
    return {
        "t_before": before,
        "t_after": after,
        "t_disjoint": before or after,
        "t_intersects": not before and not after,
        "t_equals": day == first,
        "t_during": not before and not after and not (strict and day in (first, last)),
    }[op]


# filters made at random


def prop(name):
    return st.just({"property": name})


texts = prop("name") | prop("maintainer")
folded = texts.map(lambda node: {"op": "casei", "args": [node]})
text_values = st.sampled_from([*TEXTS, "水", "z"])
numbers = prop("width_m") | prop("lanes")
number_values = st.sampled_from([1, 2, 2.5, 3, 3.5, 4, 10**30, -1])
patterns = st.sampled_from(
    ["%", "水%", "_'%", "%路", "a\\%b\\_c*d?[[]e]", "a\\%b\\_c*d?[e]", "%*%", "A", "a", "_", "", "%\\\\%", "1 OR 1=1", "[a-z]%"]
)
operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
equalities = st.sampled_from(["=", "<>"])


def call(op, *parts):
    operator = op if not isinstance(op, str) else st.just(op)
    return st.builds(lambda name, args: {"op": name, "args": list(args)}, operator, st.tuples(*parts))


days = st.sampled_from(["2023-12-31", "2024-01-01", "2024-03-03", "2024-06-15"])
intervals = st.tuples(days | st.just(".."), days | st.just("..")).map(lambda ends: {"interval": list(ends)})
boxes = st.sampled_from(BOXES).map(lambda box: {"bbox": box})
leaves = st.one_of(
    st.booleans(),
    prop("all_season"),
    call(operators, texts, text_values),
    call(operators, text_values, texts),
    call(operators, texts, texts),
    call(equalities, folded, text_values.map(str.lower)),
    call(operators, numbers, number_values),
    call(operators, numbers, numbers),
    call(equalities, prop("all_season"), st.booleans()),
    call(operators, prop("source_date"), days.map(lambda day: {"date": day}) | days),
    call("like", texts, patterns),
    call("like", folded, patterns),
    call("in", texts, st.lists(text_values, min_size=1, max_size=4)),
    call("in", numbers, st.lists(number_values, min_size=1, max_size=4)),
    call("between", numbers, number_values, number_values),
    call("isNull", texts | numbers | prop("geometry") | prop("source_date")),
    call(
        st.sampled_from(["s_intersects", "s_disjoint", "s_within", "s_crosses", "s_touches", "s_overlaps"]),
        prop("geometry"),
        boxes,
    ),
    call(st.sampled_from(["t_before", "t_after", "t_disjoint", "t_intersects", "t_during"]), prop("source_date"), intervals),
    call("t_equals", prop("source_date"), days.map(lambda day: {"date": day})),
)


def joined(inner):
    many = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda op, args: {"op": op, "args": args}, st.sampled_from(["and", "or"]), many),
        inner.map(lambda node: {"op": "not", "args": [node]}),
    )


trees = st.recursive(leaves, joined, max_leaves=6)


def by_hand(store, tree):
    rows = store.read("roads").astype(object)
    rows = rows.where(rows.notna(), None)
    return [row["segment_id"] for row in rows.to_dict("records") if truth(tree, row) is True]


def by_store(store, tree, **options):
    return page(store, "roads", Query(tree=tree, limit=1000), **options).frame["segment_id"].tolist()


@given(tree=trees)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_compiled_filter_finds_what_the_filter_says(store, tree):
    found = page(store, "roads", Query(tree=tree, limit=1000))
    assert found.frame["segment_id"].tolist() == by_hand(store, tree)
    assert found.matched == len(found.frame)


@given(tree=trees)
@settings(max_examples=25)
def test_the_reach_holds_whatever_is_asked(store, tree):
    reach = Reach(codes=frozenset({"T1"}))
    inside = set(store.read("roads").query("township_code == 'T1'")["segment_id"])
    assert by_store(store, tree, reach=reach) == [number for number in by_hand(store, tree) if number in inside]


@pytest.mark.postgis
@given(tree=trees)
@settings(max_examples=50)
def test_postgis_finds_the_same(postgis, tree):
    assert by_store(postgis, tree) == by_hand(postgis, tree)


def test_pages_order_and_count(store):
    everything = page(store, "roads", Query(order=[("width_m", True), ("name", False)], limit=1000)).frame
    pieces = [
        page(store, "roads", Query(order=[("width_m", True), ("name", False)], limit=11, offset=at)) for at in range(0, 55, 11)
    ]
    assert [number for piece in pieces for number in piece.frame["segment_id"]] == everything["segment_id"].tolist()
    assert {piece.matched for piece in pieces} == {ROWS}
    widths = everything["width_m"].dropna().tolist()
    assert widths == sorted(widths, reverse=True)
    assert everything["width_m"].isna().tolist()[-1]  # unknown stands last, whichever way


def test_a_page_reads_a_page(store, monkeypatch):
    from layers.store import features

    built = []
    build = features.frames.build
    monkeypatch.setattr(
        features.frames, "build", lambda *args, **options: built.append(len(options["fids"])) or build(*args, **options)
    )
    page(store, "roads", Query(limit=5, tree={"op": ">", "args": [{"property": "lanes"}, 1]}))
    assert built == [5]


def test_where_a_layer_lies(store):
    west, south, east, north = extent(store, "roads")
    bounds = store.read("roads").total_bounds
    assert (west, south, east, north) == pytest.approx(bounds, abs=1e-4)
    assert west <= bounds[0]
    assert north >= bounds[3]
    assert extent(store, "areas") is None
    assert extent(store, "villages") is None


@pytest.mark.parametrize(
    "tree",
    [
        {"op": "=", "args": [{"property": "nix"}, 1]},
        {"op": "=", "args": [{"property": "geom"}, 1]},
        {"op": "=", "args": [{"property": "rowid"}, 1]},
        {"op": "=", "args": [{"property": 'name" OR 1=1 --'}, "x"]},
        {"op": "=", "args": [{"property": "name"}, 1]},
        {"op": "=", "args": [{"property": "lanes"}, "1"]},
        {"op": "=", "args": [{"property": "lanes"}, True]},
        {"op": "=", "args": [{"property": "name"}, None]},
        {"op": "=", "args": [{"property": "name"}, {"op": "upper", "args": [{"property": "name"}]}]},
        {"op": "=", "args": [{"property": "name"}]},
        {"op": "=", "args": "name"},
        {"op": ["="], "args": []},
        {"op": "sqlite_version", "args": []},
        {"op": "like", "args": ["x", "y"]},
        {"op": "like", "args": [{"property": "lanes"}, "%"]},
        {"op": "like", "args": [{"property": "name"}, "%a" * 11]},
        {"op": "in", "args": [{"property": "name"}, []]},
        {"op": "in", "args": [{"property": "name"}, "x"]},
        {"op": "in", "args": [{"property": "name"}, [{"property": "name"}]]},
        {"op": "in", "args": [{"property": "lanes"}, list(range(MAX_NODES))]},
        {"op": "isNull", "args": []},
        {"op": "s_intersects", "args": [{"property": "name"}, {"bbox": [1, 2, 3, 4]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [104, 36, "x", 37]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1000, 2, 2000, 4]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Evil", "coordinates": [1, 2]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [[[[[1]]]]]}]},
        {
            "op": "s_intersects",
            "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}],
        },
        {"op": "t_after", "args": [{"property": "name"}, {"date": "2024-01-01"}]},
        {"op": "t_after", "args": [{"property": "source_date"}, {"date": "gestern"}]},
        {"op": "t_after", "args": [{"property": "source_date"}, {"interval": ["2024-01-01"]}]},
        {"op": "t_equals", "args": [{"property": "source_date"}, {"interval": ["2024-01-01", ".."]}]},
        {"op": "+", "args": [1, 2]},
        {"property": "name"},
        {},
        [],
        "1=1",
        1,
        None.__class__,
    ],
)
def test_what_cannot_be_asked_is_refused(store, tree):
    with pytest.raises(BadConditionError):
        page(store, "roads", Query(tree=tree))


def test_too_deep_and_too_large(store):
    deep = True
    for _ in range(50_000):
        deep = {"op": "not", "args": [deep]}
    with pytest.raises(BadConditionError, match="20 levels"):
        page(store, "roads", Query(tree=deep))
    with pytest.raises(BadConditionError, match="200 parts"):
        page(store, "roads", Query(tree={"op": "and", "args": [True] * 300}))


def test_fields_that_may_not_be_read_are_not_there(store):
    reach = Reach(fields=frozenset({"name"}))
    for query in (Query(tree={"op": ">", "args": [{"property": "width_m"}, 3]}), Query(order=[("width_m", False)])):
        with pytest.raises(BadConditionError, match="width_m"):
            page(store, "roads", query, reach=reach)
    assert set(page(store, "roads", Query(), reach=reach).frame.columns) == {"id", "ver", "segment_id", "name", "geometry"}
    assert fields_of({"op": "like", "args": [{"op": "casei", "args": [{"property": "a"}]}, "x"]}) == {"a"}


PAYLOADS = [
    "x' OR '1'='1",
    "x' OR 1=1 --",
    "'; DROP TABLE roads; --",
    "x' UNION SELECT * FROM xt_accounts --",
    "\\' OR 1=1 --",
    "%' OR '%'='",
    "x') OR (1=1",
    'x" OR ""="',
    "${jndi:ldap://x}",
    "?1",
    ":layer",
    "%(name)s",
    "{0}",
    "x'||(SELECT password_hash FROM xt_accounts)||'",
    "1; ATTACH DATABASE '/tmp/x' AS y",
    "x' AND randomblob(1000000000) --",
    "＇ OR 1=1",
    "x\u2028' OR 1=1",
    "\ud800",
    "x\x00' OR 1=1",
]
PLACES = [
    lambda text: {"op": "=", "args": [{"property": "name"}, text]},
    lambda text: {"op": "<>", "args": [text, text + "x"]},
    lambda text: {"op": "like", "args": [{"property": "name"}, text]},
    lambda text: {"op": "like", "args": [{"op": "casei", "args": [{"property": "name"}]}, text]},
    lambda text: {"op": "in", "args": [{"property": "name"}, [text, "y"]]},
    lambda text: {"op": "between", "args": [{"property": "name"}, text, text]},
    lambda text: {"op": "=", "args": [{"property": text}, "x"]},
    lambda text: {"op": text, "args": [{"property": "name"}, "x"]},
    lambda text: {"op": "=", "args": [{"property": "source_date"}, text]},
    lambda text: {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": text, "coordinates": [1, 2]}]},
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_injections_reach_nothing(store, payload):
    """200 attempts: every one is refused or finds only what stands there literally, and the reach holds."""
    reach = Reach(codes=frozenset({"T1"}))
    inside = set(store.read("roads").query("township_code == 'T1'")["segment_id"])
    for place in PLACES:
        tree = place(payload)
        try:
            found = by_store(store, tree, reach=reach)
        except BadConditionError:
            continue
        assert set(found) <= inside
        assert found == [number for number in by_hand(store, tree) if number in inside]
    assert store.count("roads") == ROWS
    assert store.verify() == [] or payload != PAYLOADS[-1]


def test_a_filter_that_takes_too_long_is_stopped(store, monkeypatch):
    from layers.store import querying

    monkeypatch.setattr(querying, "SECONDS", -1.0)
    monkeypatch.setattr(querying, "STEPS", 1)
    with pytest.raises(querying.QueryTimeoutError, match="too long"):
        page(store, "roads", Query(tree={"op": "like", "args": [{"property": "name"}, "%a%"]}))
    monkeypatch.undo()
    assert page(store, "roads", Query()).matched == ROWS
