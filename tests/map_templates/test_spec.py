from dataclasses import FrozenInstanceError, replace

import geopandas as gpd
import pytest

from map_templates.errors import SpecError
from map_templates.spec import Classes, Credits, Detail, MapLayer, MapSpec, PageSpec, validate


def test_a_full_map_holds_together(spec):
    assert validate(spec) is spec


def test_every_fault_is_reported_at_once(spec):
    bad = replace(
        spec,
        title=" ",
        language="fr",
        page=PageSpec("A4", "landscape", 3),
        extent=(10.0, 0.0, 5.0, 1.0),
        credits=Credits(review_number="甘S(2026)\n1号"),
        choropleth=replace(spec.choropleth, ramp="rainbow", classes=Classes((3.0, 1.0), "given")),
    )
    with pytest.raises(SpecError, match="the title is empty") as caught:
        validate(bad)
    text = str(caught.value)
    for part in ("'fr'", "1:3 is outside", "west, south, east, north", "one line", "'rainbow'", "do not rise"):
        assert part in text
    assert len(caught.value.faults) == 7


def test_a_frame_without_degrees_is_refused(spec, county):
    metric = MapLayer("roads", "道路", county["roads"].to_crs(4544))
    nowhere = MapLayer("roads", "道路", gpd.GeoDataFrame(geometry=[]))
    for layer, found in ((metric, "EPSG:4544"), (nowhere, "no CRS")):
        with pytest.raises(SpecError, match=f"roads must be in EPSG:4490, found {found}"):
            validate(replace(spec, layers=(layer,)))


def test_a_column_that_is_not_there_is_named(spec, county):
    layer = MapLayer("roads", "道路", county["roads"], key_field="route_no", details=(Detail("width_m", "宽"),))
    with pytest.raises(SpecError, match="roads has no column width_m"):
        validate(replace(spec, layers=(layer,)))
    frame = spec.choropleth.frame.drop(columns=["low", "status"])
    with pytest.raises(SpecError, match="choropleth has no column low, status"):
        validate(replace(spec, choropleth=replace(spec.choropleth, frame=frame)))


def test_bounds_come_from_the_extent_then_the_areas_then_the_layers(spec, county):
    areas = tuple(county["villages"].total_bounds)
    assert spec.bounds() == pytest.approx(areas)
    assert replace(spec, extent=(1.0, 2.0, 3.0, 4.0)).bounds() == (1.0, 2.0, 3.0, 4.0)
    roads = tuple(county["roads"].total_bounds)
    only = tuple(layer for layer in spec.layers if layer.name in {"roads", "neighbours"})
    assert replace(spec, choropleth=None, layers=only).bounds() == pytest.approx(roads)
    assert MapSpec("空").bounds() is None


@pytest.mark.parametrize(
    ("page", "size"),
    [
        (PageSpec(), (297, 210)),
        (PageSpec("A4", "portrait"), (210, 297)),
        (PageSpec("A3"), (420, 297)),
        (PageSpec("A3", "portrait"), (297, 420)),
    ],
)
def test_pages_have_iso_sizes(page, size):
    assert page.size_mm == size


def test_a_map_cannot_be_changed(spec):
    with pytest.raises(FrozenInstanceError):
        spec.title = "另一幅"
