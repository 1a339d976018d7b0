import pytest

from layers.errors import BadFrameError
from layers.store import scripts


@pytest.mark.parametrize("folder", ["gpkg", "postgis"])
def test_both_kinds_of_store_have_the_same_steps(folder):
    assert [version for version, _ in scripts.migrations(folder)] == [1, 2, 3, 4]


def test_a_trigger_stays_in_one_piece():
    found = scripts.for_layer("gpkg", "layer_index", "roads")
    assert len(found) == 7
    assert all("{layer}" not in statement for statement in found)
    assert sum("CREATE TRIGGER" in statement for statement in found) == 6


@pytest.mark.parametrize("name", ["Roads", "a b", 'x"; DROP TABLE y', "xt_changes", "gpkg_contents", "rtree_x", "", "1a", "路"])
def test_names_that_may_not_stand_in_sql_are_refused(name):
    with pytest.raises(BadFrameError, match="cannot be the name of a table or column"):
        scripts.for_layer("gpkg", "layer_index", name)
    with pytest.raises(BadFrameError):
        scripts.for_column("gpkg", "roads", name, "TEXT")
