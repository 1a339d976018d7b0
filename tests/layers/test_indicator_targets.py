from layers.codes import TARGET_OPERATOR
from layers.indicator_targets import LAYER, check_area_or_group, published


def test_every_row_of_the_published_table_is_a_row_of_the_layer():
    rows = published()
    assert len(rows) == 145
    assert len({row["target_id"] for row in rows}) == 145
    for row in rows:
        assert set(row) <= set(LAYER.field_names)
        assert not list(check_area_or_group(row))
        assert row["operator"] is None or row["operator"] in TARGET_OPERATOR
        assert row["source"]


def test_words_and_numbers_stand_apart():
    rows = {row["target_id"]: row for row in published()}
    assert (rows["HN-12-13"]["base_value"], rows["HN-12-13"]["target_value"], rows["HN-12-13"]["area_code"]) == (85.0, 90.0, "43")
    assert (rows["HN-41-04"]["target_value"], rows["HN-41-04"]["target_text"]) == (None, "全省平均水平")
    assert rows["HN-12-07"]["base_year"] is None
    assert "2017-2020" in rows["HN-12-07"]["note"]
    assert (rows["BY-01"]["indicator_code"], rows["BY-01"]["area_code"], rows["BY-01"]["target_value"]) == ("W2", "6204", None)
