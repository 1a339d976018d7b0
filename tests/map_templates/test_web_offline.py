import folium
import pytest
from branca.element import Element
from folium.plugins import MarkerCluster

from map_templates.errors import AssetMissingError
from map_templates.web.offline import VIEWPORT, OfflineFigure, Window, embed


def _figure(page, **options):
    figure = OfflineFigure(**options)
    page._parent = None
    figure.add_child(page)
    return figure


def test_every_link_leads_to_our_server():
    html = _figure(folium.Map(tiles=None), base="/static/vendor/").render()
    assert 'src="/static/vendor/leaflet/leaflet.js"' in html
    assert "https://" not in html.replace("http://www.w3.org", "")


def test_a_plugin_that_is_not_ours_is_refused():
    page = folium.Map(tiles=None)
    MarkerCluster().add_to(page)
    with pytest.raises(AssetMissingError, match="markercluster"):
        _figure(page).render()


def test_a_tile_layer_of_another_server_is_not_a_link_but_an_image_is():
    figure = _figure(folium.Map(tiles=None))
    figure.html.add_child(Element('<img src="//tracker.example/x.png">'))
    with pytest.raises(AssetMissingError, match=r"would load //tracker\.example/x\.png"):
        figure.render()


def test_the_page_may_be_zoomed_and_names_its_language():
    html = _figure(folium.Map(tiles=None), window=Window("en", "A <map>", "abc")).render()
    assert VIEWPORT in html
    assert "user-scalable" not in html
    assert '<html lang="en">' in html
    assert "<title>A &lt;map&gt;</title>" in html
    assert html.count('nonce="abc"') >= 4
    assert "<script>" not in html


def test_embedding_closes_what_could_close_the_script(tmp_path):
    script, style = tmp_path / "a.js", tmp_path / "a.css"
    script.write_text('x = "</script>";\n//# sourceMappingURL=a.js.map', "utf-8")
    (tmp_path / "dot.png").write_bytes(b"png")
    style.write_text("a{background:url(dot.png)} b{background:url('gone.png')} c{mask:url(%23m)}", "utf-8")
    assert embed(script) == '<script>x = "<\\/script>";\n</script>'
    assert "data:image/png;base64,cG5n" in embed(style)
    assert "gone.png" not in embed(style)
    assert "url(%23m)" in embed(style)


def test_late_text_is_never_run_as_a_template():
    figure = _figure(folium.Map(tiles=None))
    figure.html.add_child(Element("<p>HERE</p>"))
    figure.late = {"HERE": "{{ 7 * 7 }}{% raw %}{# gone #}"}
    assert "<p>{{ 7 * 7 }}{% raw %}{# gone #}</p>" in figure.render()
