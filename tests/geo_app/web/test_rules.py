"""The page of the rules: what everybody reads there, who sets what, and what it says when a value cannot be used."""

import datetime as dt
import re

import pytest

from geo_app import create_app
from geo_app.access.people import person_of
from geo_app.actions import load_recipe
from geo_app.actions.library import setting_rules
from geo_app.actions.signing import By
from geo_app.actions.signing_in import session, start_session
from geo_app.config import Settings
from geo_app.web import identifying
from layers.store import Grant, open_store

COUNTY, WEST = "990101", "990102"


@pytest.fixture
def app(tmp_path, small_store_file):
    target = tmp_path / "store.gpkg"
    target.write_bytes(small_store_file.read_bytes())
    found = create_app(Settings(store=str(target), data_dir=tmp_path / "data", access="accounts", language="zh"))
    found.config["OFFICE_DAY"] = dt.date(2026, 11, 22)
    yield found
    here = found.extensions["xiangtu"]
    here.jobs.close()
    here.store.close()


@pytest.fixture(scope="module")
def small_store_file(tmp_path_factory, request):
    path = tmp_path_factory.mktemp("small") / "store.gpkg"
    files = request.config.rootpath / "tests" / "geo_app" / "fixtures" / "small"
    with open_store(path, create=True) as store:
        load_recipe.load(store, files / "recipe.toml", files, By("li", "测试局", "first load"))
    return path


def signed_in(app, name, role, area=COUNTY, *, apply=True):
    here = app.extensions["xiangtu"]
    account = here.store.accounts.add(name, name, f"{name}局", "x", (Grant(role, (area,) if area else (), apply=apply),))
    client, token = app.test_client(), start_session(here.store, account, here.settings)
    client.set_cookie(identifying.cookie_name(here.settings), token, domain="127.0.0.1")
    csrf = session(here.store, token, here.settings).csrf

    def ask(method, path, **form):
        data = form | ({"csrf_token": csrf} if method == "POST" else {})
        options = {"data": data, "headers": {"Origin": "http://127.0.0.1:8000"}} if method == "POST" else {}
        return client.open(path, method=method, base_url="http://127.0.0.1:8000", **options)

    return ask


FORM = {
    "area": COUNTY,
    "rule": "ledger.publication_days",
    "value": "5",
    "valid_from": "2026-01-01",
    "document": "县办〔2026〕1号",
    "certainty": "seed",
}


def row(page, rule):
    found = re.search(rf'<tr data-rule="{re.escape(rule)}".*?</tr>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found[0])


def test_a_bureau_sets_changes_and_withdraws_and_everybody_reads_it(app):
    bureau, viewer = signed_in(app, "bureau", "revitalisation"), signed_in(app, "viewer", "viewer")
    page = bureau("GET", f"/rules?area={COUNTY}").get_data(as_text=True)
    assert "7 天" in row(page, "ledger.publication_days")
    assert "文件明载" in row(page, "ledger.publication_days")
    assert "未核实" in row(page, "ledger.day_kind")
    assert "设定" not in row(page, "ledger.upkeep")
    assert bureau("GET", f"/rules?area={COUNTY}&rule=ledger.publication_days").get_data(as_text=True).count('name="value"') == 1
    assert bureau("POST", "/rules", **FORM).status_code == 302
    for ask in (bureau, viewer):
        page = ask("GET", f"/rules?area={COUNTY}").get_data(as_text=True)
        said = row(page, "ledger.publication_days")
        assert all(text in said for text in ("5 天", "东县", "2026-01-01", "县办〔2026〕1号", "本地"))
        assert "bureau" in page[page.index("rule-history") :]
    assert "设定</a>" not in page  # a viewer reads
    assert 'name="reason"' not in page
    earlier = viewer("GET", f"/rules?area={COUNTY}&on=2025-06-01").get_data(as_text=True)
    assert "7 天" in row(earlier, "ledger.publication_days")
    number = "ledger.publication_days.990101.2026-01-01"
    assert 'name="expected_ver" value="1"' in bureau("GET", f"/rules?area={COUNTY}&own={number}").get_data(as_text=True)
    assert bureau("POST", "/rules", **FORM | {"value": "6", "expected_ver": "1"}).status_code == 302
    gone = bureau("POST", "/rules/withdraw", area=COUNTY, rule_id=number, expected_ver="2", reason="文件已废止")
    assert gone.status_code == 302
    page = viewer("GET", f"/rules?area={COUNTY}&lang=en").get_data(as_text=True)
    assert "7 days" in row(page, "ledger.publication_days")
    assert "withdrawn" in page[page.index("rule-history") :]


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"value": "soon"}, 400, "台账建立后公示期限：不能使用“soon”，应为：整数天。"),
        ({"rule": "ledger.day_kind", "value": "lunar"}, 400, "自然日、工作日"),
        ({"document": ""}, 400, "请填写载明该值的文件"),
        ({"valid_from": "soon"}, 400, "起始日应为日期"),
        ({"area": "00"}, 403, "这一步由代码为 00 的地区的"),
    ],
)
def test_what_cannot_be_used_is_said_beside_what_was_typed(app, changed, status, said):
    answer = signed_in(app, "bureau", "revitalisation")("POST", "/rules", **FORM | changed)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, said in page) == (status, True)
    assert 'value="县办〔2026〕1号"' in page or not (FORM | changed)["document"]
    assert app.extensions["xiangtu"].store.count("area_rules") == 0


def test_a_second_value_for_the_same_day_and_an_old_page_change_nothing(app):
    bureau = signed_in(app, "bureau", "revitalisation")
    assert bureau("POST", "/rules", **FORM).status_code == 302
    assert bureau("POST", "/rules", **FORM | {"value": "6"}).status_code == 428
    assert bureau("POST", "/rules", **FORM | {"value": "6", "expected_ver": "9"}).status_code == 412
    assert [item["value"] for item in app.extensions["xiangtu"].store.features("area_rules")] == ["5"]


@pytest.mark.parametrize("role", ["village", "finance", "viewer", "statistics", "leading_group"])
def test_nobody_else_sets_rules(app, role):
    other = signed_in(app, role, role)
    assert other("GET", "/rules").status_code == 200
    assert other("POST", "/rules", **FORM).status_code == 403
    assert other("POST", "/rules/withdraw", rule_id="x", reason="r").status_code in {403, 404}
    assert app.extensions["xiangtu"].store.count("area_rules") == 0


def test_without_the_right_to_apply_and_for_another_county_nothing_is_set(app):
    asks, west = signed_in(app, "asks", "revitalisation", apply=False), signed_in(app, "west", "revitalisation", WEST)
    assert asks("POST", "/rules", **FORM).status_code == 403
    assert west("POST", "/rules", **FORM).status_code == 404  # an area that the account does not read is none
    assert west("GET", f"/rules?area={COUNTY}").status_code == 404
    setter = person_of(app.extensions["xiangtu"].store.accounts.find("asks"))
    wish = setting_rules.Wish("library", "county_notice_days", COUNTY, dt.date(2026, 1, 1), 15, "文", "seed")
    with pytest.raises(PermissionError):
        setting_rules.save(app.extensions["xiangtu"].store, setter, wish)
    assert app.extensions["xiangtu"].store.count("area_rules") == 0


def test_a_rule_that_is_none_is_an_answer_and_no_fault(app):
    bureau = signed_in(app, "bureau", "revitalisation")
    assert bureau("GET", f"/rules?area={COUNTY}&rule=library.reserve_growth").status_code == 400
    assert bureau("GET", "/rules?on=soon").status_code == 400
    assert bureau("POST", "/rules", area=COUNTY).status_code == 400
    assert bureau("GET", f"/rules?area={COUNTY}&own=nothing").status_code == 200
