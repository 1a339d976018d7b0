import uuid

from layers.store import ids


def test_ids_are_uuids_of_version_seven_in_order():
    found = ids.fresh(5000)
    assert len(set(found)) == 5000
    assert found == sorted(found)
    assert {uuid.UUID(item).version for item in found} == {7}
    assert {uuid.UUID(item).variant for item in found} == {uuid.RFC_4122}


def test_two_batches_do_not_meet():
    assert not set(ids.fresh(1000)) & set(ids.fresh(1000))
