"""How far a waiting file has come."""

import pytest

from geo_app.actions.uploads import Upload
from geo_app.errors import BadRequestError
from geo_app.web import importing


def waiting(tmp_path, name="a"):
    return importing.Waiting(Upload(name, tmp_path / "a.csv", "a.csv", 3))


def test_steps_follow_each_other(tmp_path):
    item = waiting(tmp_path)
    assert item.step == "questions"
    item.samples = {"a": ["1"]}
    assert item.step == "columns"
    item.checked = object()
    assert item.step == "report"
    item.imported = object()
    assert item.step == "done"


def test_oldest_are_let_go(tmp_path):
    desktop = importing.Desktop()
    for number in range(importing.MOST_KEPT + 5):
        desktop.put(waiting(tmp_path, str(number)))
    assert len(desktop.items) == importing.MOST_KEPT
    assert "0" not in desktop.items
    desktop.drop("44")
    assert "44" not in desktop.items


def test_answers_are_read():
    found = importing.answers_of({"crs": " EPSG:4523 ", "encoding": "", "table": "道路.shp", "coordinates": "x,y"})
    assert (found.crs, found.encoding, found.layer, found.x_field, found.y_field) == ("EPSG:4523", None, "道路.shp", "x", "y")
    assert importing.answers_of({"crs": 5}).crs is None


def test_choices_name_what_is_strange(tmp_path):
    item = waiting(tmp_path)
    item.samples = {"编号": []}
    with pytest.raises(BadRequestError, match="没有"):
        importing.choices_of(item, {"layer": "facilities", "columns": {"name": "没有"}})
    found = importing.choices_of(
        item, {"layer": "facilities", "columns": {"name": "编号"}, "constants": {"name": "x", "source": "s"}}
    )
    assert found.columns == {"name": "编号"}
    assert found.constants == {"source": "s"}
