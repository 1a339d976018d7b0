"""The groups of an asset's fields: declared in the layers, whole, and in the order that checksums of old ledgers were made in."""

from layers import asset_fields, assets, ledger_entries
from layers.declare import COMMON
from layers.schema import FieldType
from processing.ledger.comparing import content_sha256

GROUPS = ("KIND", "WORTH", "RIGHTS", "CONFIRMATION", "UPKEEP", "OPERATION", "SAID_IN_LEDGER")
KEYS = {"entry_id", "ledger_id", "level", "asset_id"}


def test_every_group_names_fields_of_an_asset():
    for group in GROUPS:
        assert set(getattr(asset_fields, group)) <= set(assets.LAYER.field_names), group


def test_an_entry_of_a_ledger_declares_what_a_ledger_says_and_nothing_else():
    own = [field.name for field in ledger_entries.LAYER.fields if field not in COMMON and field.name not in KEYS]
    assert own == list(asset_fields.SAID_IN_LEDGER)


def test_every_text_of_a_ledger_that_names_somebody_is_hidden_for_a_household():
    holders = {name for name in asset_fields.RIGHTS if assets.LAYER[name].type is FieldType.TEXT}
    assert holders < asset_fields.PERSONS
    assert asset_fields.PERSONS - holders == {"maintainer", "operator"}
    assert assets.HOUSEHOLD.hides == asset_fields.PERSONS


def test_the_checksum_of_a_ledger_counts_the_fields_in_a_fixed_order():
    """A ledger that was published carries its checksum: another order or number of fields would make all of them look altered."""
    row = {name: f"{place}" for place, name in enumerate(asset_fields.SAID_IN_LEDGER)} | {"asset_id": "Z1"}
    assert content_sha256([row]) == "d1bb3787ff2b0136e232ebd5052ed4f15610bcba2f90707044f536fa4a224f12"
