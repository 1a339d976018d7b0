from decimal import Decimal

from processing.ledger.partitions import agree, partitions

CLASSES = {"HHD": (89, Decimal("1839.2229")), "PUB": (502, Decimal("26045.5340")), "OPR": (33, Decimal("2977.8578"))}
OWNERS = {
    "县": (19, Decimal("3214.4")),
    "乡镇": (28, Decimal("1327.5")),
    "村集体": (488, Decimal("24481.49")),
    "户": (89, Decimal("1839.22")),
}
TOTAL = (624, Decimal("30862.6147"))
"""荆门市掇刀区, published 2021-12-13: 624 assets of 30862.6147 万元."""


def test_the_published_aggregate_adds_up_both_ways():
    assert agree(CLASSES, TOTAL, rounding=Decimal("0.0001"))
    assert agree(OWNERS, TOTAL)
    assert not agree(OWNERS | {"户": (88, Decimal("1839.22"))}, TOTAL)


def _rows():
    """Assets that have the published numbers: the households' ones are of class HHD, the rest is divided among the owners."""
    rows, owners = [], [level for level, (count, _) in OWNERS.items() for _ in range(count)]
    for kind, (count, value) in CLASSES.items():
        each = (value / count).quantize(Decimal("0.0001"))
        values = [each] * (count - 1) + [value - each * (count - 1)]
        for amount in values:
            level = "户" if kind == "HHD" else next(item for item in owners if item != "户")
            owners.remove(level)
            rows.append({"asset_class": kind, "owner_level": level, "original_value": str(amount)})
    return rows


def test_624_assets_give_the_published_parts():
    found = partitions(_rows())
    assert found.equal
    assert (found.total.count, found.total.value) == TOTAL
    assert {kind: (part.count, part.value) for kind, part in found.by_class.items()} == CLASSES
    assert {level: part.count for level, part in found.by_owner.items()} == {level: count for level, (count, _) in OWNERS.items()}


def test_an_unknown_value_is_counted_apart_and_a_disposed_asset_is_not_counted():
    rows = [
        *_rows(),
        {"asset_class": "PUB", "owner_level": None, "original_value": None},
        {"asset_class": "PUB", "status": "已处置", "original_value": 5},
    ]
    found = partitions(rows)
    assert found.equal
    assert found.by_owner[""].unknown_values == 1
    assert found.total.value == TOTAL[1]
    assert partitions(rows, disposed=True).total.count == 626
