import pytest

from layers.store import Insert


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE wells SET name = '改' WHERE fid = 1", "1 rows differ from the history"),
        ("DELETE FROM wells WHERE fid IN (1, 2)", "2 rows of the history are gone"),
        ("DELETE FROM xt_history WHERE fid = 3", "1 rows are not in the history"),
        ("UPDATE xt_changes SET inserted = 9", "change 1: its counts differ"),
        ("UPDATE xt_layers SET version = 7 WHERE name = 'wells'", "version 7 is not its last change 1"),
        ("UPDATE xt_layers SET next_fid = 2 WHERE name = 'wells'", "the next row number 2 is taken"),
        ("DELETE FROM xt_changes", "the history has rows of it"),
    ],
)
def test_changes_past_the_store_are_found(filled, statement, fault):
    assert filled.verify() == []
    with filled._backend.writing() as connection:
        connection.exec_driver_sql(statement)
    assert fault in "; ".join(filled.verify())


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM rtree_wells_geom WHERE id = 3", "the spatial index lacks 1 and has 0 rows too many"),
        ("INSERT INTO rtree_wells_geom VALUES (99, 0, 0, 0, 0)", "the spatial index lacks 0 and has 1 rows too many"),
        ("UPDATE rtree_wells_geom SET minx = 0, maxx = 0 WHERE id = 3", "1 rows stand elsewhere in the spatial index"),
        ("UPDATE rtree_wells_geom SET minx = minx - 0.0001 WHERE id = 3", "1 rows stand elsewhere in the spatial index"),
    ],
)
def test_drift_of_the_spatial_index_is_found(gpkg, change, wells, statement, fault):
    gpkg.apply(change(Insert("wells", wells(5))))
    assert gpkg.verify() == []
    with gpkg._backend.writing() as connection:
        connection.exec_driver_sql(statement)
    assert gpkg.verify() == [f"layer wells: {fault}" + (" than their geometry" if "elsewhere" in fault else "")]


def test_float32_rounding_of_the_index_is_no_drift(gpkg, change, wells):
    frame = wells(500)
    frame["geometry"] = frame.geometry.translate(0.123456789, 0.987654321)
    gpkg.apply(change(Insert("wells", frame)))
    assert gpkg.verify() == []
