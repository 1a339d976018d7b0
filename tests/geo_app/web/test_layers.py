"""The dictionary of layers."""

import pytest

from layers.catalogue import LAYERS


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", list(LAYERS))
def test_every_layer_has_a_page_with_all_its_fields(web, name, language):
    text = web.page(f"/layers/{name}?lang={language}")
    for field in LAYERS[name].fields:
        assert f"<code>{field.name}</code>" in text


def test_list_counts_rows(web):
    text = web.page("/layers")
    assert LAYERS["hamlets"].zh in text
    assert ">30<" in text
    web.page("/layers/nothing", 404)


def test_row_address_leads_to_the_map(web):
    answer = web.get("/layers/hamlets/x1")
    assert answer.headers["Location"] == "/?pick=hamlets:x1"
