from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.areas import CN12, AreaScheme
from layers.schema import UnknownNameError

PMGSY = AreaScheme.from_data(
    "pmgsy",
    [
        {"name": "habitation", "rank": 6, "zh": "居民点", "en": "Habitation"},
        {"name": "state", "rank": 1, "zh": "邦", "en": "State"},
        {"name": "district", "rank": 3},
        {"name": "block", "rank": 4},
    ],
)


def test_chinese_codes_tell_level_and_parent():
    chain = ["620422100201-07", "620422100201", "620422100", "620422", "6204", "62", None]
    for child, parent in pairwise(chain):
        assert CN12.parent_code(child) == parent
    assert [CN12.level_of(code).name for code in chain[:-1]] == [
        "hamlet",
        "village",
        "township",
        "county",
        "prefecture",
        "province",
    ]


def test_another_countrys_codes_are_opaque():
    assert PMGSY.level_of("620422") is None
    assert PMGSY.parent_code("620422") is None
    assert [level.rank for level in PMGSY.levels] == [1, 3, 4, 6]
    assert PMGSY.level("block").title("zh") == "block"


def test_an_unknown_level_names_the_levels_there_are():
    with pytest.raises(UnknownNameError, match=r"no level 'village'; it has: state, district, block, habitation"):
        PMGSY.level("village")


@given(st.from_regex(r"[0-9]{12}(-[0-9]{2})?", fullmatch=True))
def test_every_chain_of_parents_ends_at_the_top(code):
    ranks = []
    while code is not None:
        ranks.append(CN12.level_of(code).rank)
        code = CN12.parent_code(code)
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[-1] == 1


@given(st.text(max_size=8))
def test_no_code_is_cut_that_does_not_fit_a_pattern(code):
    parent = CN12.parent_code(code)
    assert parent is None or (CN12.level_of(code) is not None and code.startswith(parent))
