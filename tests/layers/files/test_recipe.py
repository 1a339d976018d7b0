"""Recipes: what they say is understood, and every mistake is named with its place."""

import pytest

from layers.files.errors import RecipeError
from layers.files.questions import Answers
from layers.files.recipe import Filter, GeometryFrom, Join, Recipe

HEAD = '[recipe]\nname = "x"\ntitle_zh = "例"\ntitle_en = "Example"\nattribution = "us"\nlicence = "CC0"\n'
FEED = '[[feed]]\nlayer = "hamlets"\nfile = "a.csv"\ncolumns = { hamlet_id = "A" }\n'


def test_whole_recipe():
    recipe = Recipe.load(
        HEAD
        + '[scheme]\nname = "s"\nlevels = [{ name = "state", rank = 1, zh = "邦", en = "State" }]\n'
        + FEED
        + 'member = "sheet"\ncrs = "EPSG:4326"\nencoding = "gb18030"\nx_field = "x"\ny_field = "y"\n'
        + 'constants = { data_quality = "registered" }\ntranslate.supply_mode = { "1" = "city_ext", "*" = "" }\nunknown = ["NA"]\n'
        + 'factors = { fetch_distance_m = 1000.0 }\nprefixes = { county_code = "D" }\n'
        + 'where = [{ column = "B", op = "in", value = ["1"] }]\ndistinct = ["C"]\ndissolve = ["A"]\n'
        + 'join = { file = "n.csv", on = "A", to = "B", columns = ["N"] }\ngeometry_from = { layer = "villages", field = "village_code" }\n'
        + 'allow_missing = ["name"]\nrepairs = ["make_valid"]\nskip_bad_rows = true\nassumption_zh = "设"\nassumption_en = "as"\n'
    )
    (feed,) = recipe.feeds
    assert (recipe.name, recipe.title_zh, recipe.licence, recipe.scheme_name) == ("x", "例", "CC0", "s")
    assert recipe.scheme_levels[0]["rank"] == 1
    assert feed.answers == Answers("EPSG:4326", "gb18030", "sheet", "x", "y")
    assert feed.where == (Filter("B", "in", ["1"]),)
    assert feed.join == Join("n.csv", "A", "B", ("N",))
    assert feed.geometry_from == GeometryFrom("villages", "village_code")
    assert feed.skip_bad_rows


def test_key_parts_alone_are_enough():
    assert Recipe.load(HEAD + '[[feed]]\nlayer = "roads"\nfile = "r.zip"\nparts.segment_id = "ER_ID"\n').feeds[0].parts == {
        "segment_id": "ER_ID"
    }


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("nonsense", "no TOML"),
        (HEAD, "no \\[\\[feed\\]\\]"),
        (FEED, "name: is missing"),
        (HEAD + "[other]\n" + FEED, "unknown table"),
        ("recipe = 1\n" + FEED, "must be a table"),
        ("[recipe]\nname = 1\n" + FEED, "must be a text"),
        (HEAD + 'colour = "red"\n' + FEED, "colour: unknown key"),
        (HEAD + "[scheme]\nlevels = [1]\n" + FEED, "must be a list of"),
        (HEAD + FEED.replace("hamlets", "hamlet"), "line 8: layer: there is no layer 'hamlet'"),
        (HEAD + FEED.replace('file = "a.csv"\n', ""), "file: is missing"),
        (HEAD + FEED.replace("hamlet_id =", "number ="), "line 10: columns: the layer hamlets has no field 'number'"),
        (HEAD + FEED.replace('columns = { hamlet_id = "A" }', "columns = 3"), "must be a table"),
        (HEAD + FEED.replace('columns = { hamlet_id = "A" }', ""), "names no column"),
        (HEAD + FEED + 'repairs = ["magic"]', "line 11: repairs: there is no repair 'magic'"),
        (HEAD + FEED + "repairs = 3", "must be a list of texts"),
        (HEAD + FEED + "crs = 4326", "crs: must be a text"),
        (HEAD + FEED + 'join = { file = "a" }', "join: must be a table with file, on, to, columns"),
        (HEAD + FEED + "join = 3", "join: must be a table"),
        (HEAD + FEED + 'where = [{ column = "A", op = "like" }]', "where: must be a list"),
        (HEAD + FEED + "where = 3", "where: must be a list"),
        (HEAD + FEED + "whre = []", "whre: unknown key"),
    ],
)
def test_mistakes_are_named(text, match):
    with pytest.raises(RecipeError, match=match):
        Recipe.load(text)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(RecipeError) as caught:
        Recipe.load(HEAD + FEED.replace("hamlets", "hamlet") + FEED + 'repairs = ["magic"]\n')
    message = str(caught.value)
    assert "[[feed]] 1, line 8: layer" in message
    assert "[[feed]] 2, line 15: repairs" in message


def test_files_of_recipes(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(HEAD + FEED, "utf-8")
    assert Recipe.load(path).text == HEAD + FEED
    with pytest.raises(RecipeError, match="cannot be read"):
        Recipe.load(tmp_path / "none.toml")
    path.write_bytes(b"\xff")
    with pytest.raises(RecipeError, match="cannot be read"):
        Recipe.load(path)
    path.write_text("#" * (1 << 19), "utf-8")
    with pytest.raises(RecipeError, match="longer"):
        Recipe.load(path)


def test_recipes_that_we_ship_load(root):
    names = {Recipe.load(path).name for path in (root / "examples").glob("*/recipe.toml")}
    assert {"pmgsy-ladakh", "pmgsy-haryana", "malawi-water"} <= names
