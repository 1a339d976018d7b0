import re
from dataclasses import replace

import pytest

from map_templates.errors import AssetMissingError, SpecError
from map_templates.spec import MapSpec
from map_templates.web import WebOptions, render


def test_a_served_page_names_only_our_own_files(spec):
    html = render(spec, assets_base="/static/vendor")
    loaded = re.findall(
        r'(?:src|href)="([^"]+)"', re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    )
    assert sorted(loaded) == ["/static/vendor/leaflet/leaflet.css", "/static/vendor/leaflet/leaflet.js"]


def test_drawing_brings_its_own_files_and_nothing_more(spec):
    html = render(spec, options=WebOptions(draw=True))
    assert "/static/vendor/geoman/leaflet-geoman.min.js" in html
    assert "unpkg" not in html
    assert "geoman" not in render(spec)


def test_one_file_holds_everything_and_stays_small(spec):
    html = render(spec, inline=True, options=WebOptions(draw=True))
    assert not re.search(r"<script[^>]+src=|<link[^>]+href=", re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    data = re.search(r'<script type="application/json".*?</script>', html, flags=re.DOTALL)[0]
    assert len(html) - len(data) < 1_000_000
    assert "L.Map" in html


def test_one_file_needs_the_installed_files(spec, tmp_path):
    with pytest.raises(AssetMissingError, match="run scripts/setup"):
        render(spec, inline=True, options=WebOptions(assets_dir=tmp_path))


def test_a_map_that_does_not_hold_together_is_not_drawn(spec):
    with pytest.raises(SpecError, match="the title is empty"):
        render(replace(spec, title=""))


def test_every_script_and_style_carries_the_nonce(spec):
    html = render(spec, options=WebOptions(nonce="n0"))
    shell = re.sub(r'(<script[^>]*type="application/json"[^>]*>).*?</script>', r"\1", html, flags=re.DOTALL)
    assert all('nonce="n0"' in tag for tag in re.findall(r"<(?:script|style)\b[^>]*>", shell))


def test_a_name_cannot_end_the_data(spec):
    html = render(MapSpec("</script><script>alert(1)</script>"))
    assert "<script>alert(1)" not in html
    assert "<title>&lt;/script&gt;" in html


def test_rendering_one_map_leaves_no_trace_in_the_next(spec):
    plain = render(MapSpec("甲"))
    render(spec, options=WebOptions(draw=True))
    ids = re.compile(r"[0-9a-f]{32}")
    assert ids.sub("", render(MapSpec("甲"))) == ids.sub("", plain)


def test_a_name_is_never_run_as_a_template(spec):
    frame = spec.choropleth.frame.assign(area_name="{{ 7 * 7 }}{% if %}", area_code="/*xiangtu-code*/")
    html = render(replace(spec, title="{{ 6 * 6 }}/*xiangtu-values*/", choropleth=replace(spec.choropleth, frame=frame)))
    assert html.count("{{ 7 * 7 }}{% if %}") == len(frame)
    assert "<title>{{ 6 * 6 }}/*xiangtu-values*/</title>" in html


def test_edit_mode_brings_its_tools_without_a_bar_and_nothing_from_elsewhere(spec):
    html = render(spec, options=WebOptions(edit=True))
    assert "/static/vendor/geoman/leaflet-geoman.min.js" in html
    assert "function startXiangtuEditing" in html
    assert "addControls" not in html
    assert "unpkg" not in html
    assert "function startXiangtuEditing" not in render(spec, options=WebOptions(draw=True))
