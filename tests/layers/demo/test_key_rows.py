from layers.demo.key_rows import targets


def test_targets_are_real_and_say_so():
    found = targets()
    assert len(found) == 145
    assert (found["data_quality"] == "registered").all()
    assert found["source"].notna().all()
    assert found.loc[found["target_id"] == "BY-02", "base_value"].item() == 89


def test_a_county_outside_the_lists_has_no_entry(county):
    assert county.code == "620402"
    assert len(county.frames["key_counties"]) == 0
    assert county.frames["counties"]["key_level"].isna().all()
