import pytest

from map_templates.errors import AssetMissingError
from map_templates.web import assets


@pytest.fixture
def modules(root):
    if not (root / "node_modules" / "leaflet").is_dir():
        pytest.skip("front-end files are not installed; run scripts/setup")
    return root / "node_modules"


def test_every_file_is_copied_and_found_again(modules, tmp_path):
    assert assets.main([str(tmp_path / "vendor"), "--modules", str(modules)]) == 0
    for item in filter(None, assets.ASSETS.values()):
        assert assets.locate(item, tmp_path / "vendor").read_bytes() == (modules / item.module).read_bytes()
    assert (tmp_path / "vendor" / "leaflet" / "images" / "layers.png").is_file()


def test_a_file_that_is_not_installed_says_so(tmp_path):
    with pytest.raises(AssetMissingError, match=r"leaflet\.js is missing; run scripts/setup"):
        assets.locate(assets.asset("leaflet"), tmp_path)


def test_an_unknown_link_is_an_error_and_a_known_unused_one_is_dropped():
    with pytest.raises(AssetMissingError, match=r"asks for heatmap \(https://example.org/heat.js\)"):
        assets.asset("heatmap", "https://example.org/heat.js")
    with pytest.raises(LookupError):
        assets.asset("heatmap")
    assert assets.asset("jquery") is None
