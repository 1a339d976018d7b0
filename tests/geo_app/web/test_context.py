"""What every template may ask."""

from geo_app.web import context


def test_simulated_mark_follows_the_rows(app, web):
    from layers.store import Change, Update

    with app.test_request_context("/"):
        assert not context.simulated()
    assert 'class="simulated"' not in web.page("/jobs")
    store = app.extensions["xiangtu"].store
    row = store.read("hamlets", limit=1).iloc[0]
    store.apply(Change("li", "", "mark", (Update("hamlets", row["id"], int(row["ver"]), {"data_quality": "synthetic"}),)))
    with app.test_request_context("/"):
        assert context.simulated_layers() == {"hamlets"}
        assert not context.simulated("roads")
    for path in ("/", "/areas/9901", "/indicators", "/imports", "/layers", "/runs", "/changes", "/jobs"):
        assert 'class="simulated"' in web.page(path), path


def test_attributions_in_the_readers_language(app):
    store = app.extensions["xiangtu"].store
    store.settings_set(
        "attribution", [{"zh": "来源", "en": "source"}, "plain", {"title_en": "T", "title_zh": "题", "attribution": "A"}]
    )
    with app.test_request_context("/?lang=en"):
        assert context.attributions() == ["source", "plain", "T: A"]
    with app.test_request_context("/?lang=zh"):
        assert context.attributions() == ["来源", "plain", "题: A"]


def test_loopback_note_stands_in_the_footer(web):
    assert "本服务仅限本机使用" in web.page("/jobs")
    assert "answers this machine only" in web.page("/jobs?lang=en")
