"""Role × area × layer × county: what a write answers, and that nothing but it is written."""

from itertools import product

import pytest

from layers.catalogue import LAYERS
from layers.schema import FieldType
from layers.store import EVERYWHERE, Grant
from tests.geo_app.access.matrix import EAST, HOUSEHOLDS, KEY, READS_HOUSEHOLDS, TOWNSHIP, WEST, WRITES, caller, own_id

MONEY = {"projects": "budget_total", "assets": "original_value"}


def payload(store, layer, county):
    feature = store.get(layer, own_id(layer, county))
    field = MONEY.get(layer)
    if field is None:
        texts = [
            item.name
            for item in LAYERS[layer].fields
            if item.type is FieldType.TEXT and item.name not in {"id", LAYERS[layer].key, *LAYERS[layer].area_fields}
        ]
        field = "source" if "source" in texts else texts[0]
    value = float((feature[field] or 0) + 1) if layer in MONEY else f"{feature[field] or ''}."
    return {"op": "update", "layer": layer, "id": feature["id"], "expected_ver": feature["ver"], "properties": {field: value}}


def may_read(role, layer):
    return layer != HOUSEHOLDS or role in READS_HOUSEHOLDS


def expected(role, area, layer, county, *, apply):
    """What the specification says: 200 applied, 202 submitted, 403 readable only, 404 not there."""
    if not may_read(role, layer):
        return 404
    if layer not in WRITES[role]:
        return 403
    of_the_county = {*set(KEY) - {"settlement_origins"}, "monitored_households", "indicator_targets", "tasks"}
    of_the_county |= {name for name, declared in LAYERS.items() if declared.area_fields in (("county_code",), ("scope_code",))}
    if area is not None and (county == WEST or (area == TOWNSHIP[EAST] and layer in of_the_county)):
        return 404
    if apply and LAYERS[layer].kept_by:
        return 409  # only its procedure writes it, whoever asks
    return 200 if apply else 202


@pytest.mark.parametrize(
    ("role", "apply"),
    [(role, apply) for role, apply in product(WRITES, (True, False)) if apply or WRITES[role]],
)
def test_writes_by_role_area_and_layer(writing_app, role, apply):
    store = writing_app.extensions["xiangtu"].store
    written = [layer for layer in LAYERS if layer not in {"areas", "counties", "townships", "villages"}]
    before = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
    for area in (None, EAST, TOWNSHIP[EAST]):
        who = caller(writing_app, (Grant(role, (area,) if area else (), apply),), f"{role}-{area}-{apply}".casefold())
        for layer, county in product(written, (EAST, WEST)):
            sent = payload(store, layer, county)
            answer = who("POST", "/editing/save", json={"reason": "试", "edits": [sent]})
            wanted = expected(role, area, layer, county, apply=apply)
            assert answer.status_code == wanted, (role, area, layer, county, answer.text[:300])
            after = store.get(layer, own_id(layer, county))
            assert after["ver"] == sent["expected_ver"] + (1 if wanted == 200 else 0)
            assert len(answer.get_json().get("kept", [])) == (wanted >= 400 and may_read(role, layer)), answer.text[:300]
        if area is not None:
            west = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
            assert west.keys() == before.keys()
            assert store.count("roads", reach=EVERYWHERE) > 0
        else:
            before = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
    for layer in written:
        now = store.get(layer, own_id(layer, WEST))
        assert now["ver"] == before[layer]["ver"], layer
