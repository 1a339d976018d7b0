"""Published figures, computed again from their own numbers: every difference is stated here, none is hidden."""

import csv
from decimal import Decimal

import pytest

from processing.errors import ProfileValueError
from processing.published import check_partition, recompute_rate, totals_that_fit

# 曲靖市扶贫志 表4-3-4, end of 2019 (www.zyooe.com/qjsfpz/files/basic-html/page309.html): rural supply population (2), persons of urban
# extension (4), works of ≥ 10 000 (6), 1000–9999 (8), 20–999 (10), dispersed (12), stated central rate (13), tap persons (14),
# stated tap rate (15); 万人 and percent, as printed
QUJING = {
    "合计": ("559.40", "9.75", "172.78", "130.73", "220.10", "26.04", "95.03", "522.6880", "93.52"),
    "麒麟区": ("42.8397", "4.3808", "24.9425", "8.9005", "4.5581", "0.0578", "99.85", "41.9144", "97.84"),
    "沾益区": ("30.84", "0.0000", "3.1506", "17.4717", "9.7740", "0.4458", "98.69", "28.4611", "92.28"),
    "马龙区": ("17.55", "0.4248", "2.2600", "6.6000", "7.7100", "0.5600", "96.81", "16.9948", "96.81"),
    "陆良县": ("58.25", "1.8000", "26.2200", "22.3200", "6.8200", "1.0900", "98.02", "56.5083", "97.01"),
    "师宗县": ("37.73", "0.00", "15.05", "6.66", "12.8068", "3.2100", "91.00", "33.9541", "90.00"),
    "罗平县": ("59.21", "0.8635", "17.5678", "11.2269", "25.4757", "4.0800", "92.30", "53.3517", "90.10"),
    "富源县": ("73.22", "0.2700", "16.7000", "15.2500", "37.6700", "3.3300", "95.51", "68.2996", "93.28"),
    "会泽县": ("105.76", "0.0000", "33.2930", "16.3735", "48.9689", "7.1220", "92.18", "97.2439", "91.95"),
    "宣威市": ("134.00", "2.0100", "33.60", "25.93", "66.3200", "6.1400", "95.60", "125.9600", "94.00"),
}


def central(row):
    return sum(Decimal(value) for value in row[1:5])


def test_qujing_population_adds_up_by_class():
    row = QUJING["合计"]
    found = check_partition(dict(enumerate(row[1:6])), total=row[0], subject="曲靖市农村供水人口")
    assert found.parts_sum == Decimal("559.40")
    assert found.status == "agrees"


def test_qujing_population_adds_up_by_county():
    found = check_partition({name: row[0] for name, row in QUJING.items() if name != "合计"}, total=QUJING["合计"][0])
    assert found.parts_sum == Decimal("559.3997")
    assert found.status == "rounding"


def test_qujing_central_rate_differs_from_the_stated_one_and_the_difference_is_reported():
    found = recompute_rate(central(QUJING["合计"]), QUJING["合计"][0], stated="95.03", subject="曲靖市集中供水率")
    assert (found.computed, found.difference, found.status) == (Decimal("95.35"), Decimal("-0.32"), "differs")
    assert found.sentence("zh") == "曲靖市集中供水率：公布 95.03%，按其数字复算 95.35%，相差 -0.32 个百分点。"
    assert "95.35 %; difference -0.32 percentage points" in found.sentence("en")


@pytest.mark.parametrize(
    ("county", "computed", "status"),
    [("会泽县", "93.26", "differs"), ("罗平县", "93.12", "differs"), ("沾益区", "98.56", "differs"), ("麒麟区", "99.87", "differs"),
     ("马龙区", "96.84", "differs"), ("陆良县", "98.13", "differs"), ("富源县", "95.45", "differs"), ("宣威市", "95.42", "differs")],
)  # fmt: skip
def test_qujing_central_rate_by_county(county, computed, status):
    row = QUJING[county]
    found = recompute_rate(central(row), row[0], stated=row[6], subject=county)
    assert (found.computed, found.status) == (Decimal(computed), status)


def test_qujing_tap_rate():
    row = QUJING["合计"]
    found = recompute_rate(row[7], row[0], stated=row[8], subject="曲靖市自来水普及率")
    assert (found.computed, found.difference) == (Decimal("93.44"), Decimal("0.08"))


@pytest.mark.parametrize(
    ("year", "sanitary", "households", "stated"),
    [(2008, "476.81", "693.53", "68.8"), (2009, "505.89", "693.53", "72.9"), (2010, "552.68", "693.53", "79.7"),
     (2011, "614.12", "718.46", "85.5"), (2012, "635.62", "718.47", "88.5")],
)  # fmt: skip
def test_fujian_toilets_follow_from_their_numbers(year, sanitary, households, stated):
    # Fujian statistical yearbook 2013, table 19-3 (tjj.fujian.gov.cn/tongjinianjian/dz2013/cn/html/1903.htm), 万户
    found = recompute_rate(sanitary, households, stated=stated, subject=f"福建省{year}年农村卫生厕所普及率")
    assert found.status == "agrees"
    if year == 2008:
        assert found.exact.quantize(Decimal("0.01")) == Decimal("68.75")


@pytest.fixture(scope="module")
def baiyin(shared_tables):
    with (shared_tables / "baiyin_investment.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_baiyin_parts_and_total_differ_by_rounding(baiyin):
    total = next(row["amount_yi_yuan"] for row in baiyin if row["dimension"] == "total")
    for dimension, count in (("category", 7), ("county", 5)):
        parts = {row["name"]: row["amount_yi_yuan"] for row in baiyin if row["dimension"] == dimension}
        found = check_partition(parts, total=total, tolerance="0.05", subject=f"白银市规划投资按{dimension}")
        assert len(parts) == count
        assert (found.parts_sum, found.total) == (Decimal("289.30"), Decimal("289.31"))
        assert (found.difference, found.status) == (Decimal("-0.01"), "rounding")
        assert "-0.01，在舍入范围内" in found.sentence("zh")


def test_baiyin_shares_mix_two_totals_and_one_fits_neither(baiyin):
    totals = {"stated": "289.31", "sum": "289.30"}
    fits = {
        row["name"]: totals_that_fit(row["amount_yi_yuan"], totals, stated_share=row["stated_share_pct"])
        for row in baiyin
        if row["dimension"] != "total"
    }
    both = ("stated", "sum")
    assert fits == {
        "巩固拓展脱贫攻坚成果": ("sum",),
        "支持脱贫地区乡村特色产业发展壮大": both,
        "促进脱贫人口稳定就业": both,
        "乡村公共基础设施建设": both,
        "农村人居环境整治提升": both,
        "提升脱贫地区公共服务水平": both,
        "其他": both,
        "会宁县": both,
        "靖远县": ("stated",),
        "景泰县": both,
        "白银区": both,
        "平川区": (),
    }


def test_jingmen_assets_add_up_by_class_and_by_owner():
    # 荆门市掇刀区 (hb.cri.cn/2021-12-13): 624 assets, 30862.6147 万元
    by_class = {"HHD": (89, "1839.2229"), "PUB": (502, "26045.5340"), "OPR": (33, "2977.8578")}
    by_owner = {"区": (19, "3214.4"), "镇": (28, "1327.5"), "村": (488, "24481.49"), "户": (89, "1839.22")}
    for parts in (by_class, by_owner):
        assert check_partition({name: count for name, (count, _) in parts.items()}, total=624).status == "agrees"
    assert check_partition({name: value for name, (_, value) in by_class.items()}, total="30862.6147").status == "agrees"
    owner = check_partition({name: value for name, (_, value) in by_owner.items()}, total="30862.6147")
    assert (owner.parts_sum, owner.status) == (Decimal("30862.61"), "rounding")
    assert check_partition({"HHD": "1839.2229", "PUB": "26045.5340"}, total="30862.6147").status == "differs"


def test_a_count_is_not_rounded():
    found = check_partition({"a": 10, "b": 9}, total=20)
    assert (found.tolerance, found.status) == (0, "differs")
    assert found.sentence("en") == ": the parts sum to 19, the stated total is 20; difference -1."


def test_nothing_to_divide_by():
    found = recompute_rate(1, 0, stated="95.0", subject="某村")
    assert (found.status, found.computed) == ("no_base", None)
    assert found.sentence("zh") == "某村：分母为 0，无法复算。"
    assert found.sentence("en") == "某村: the denominator is 0, no rate follows."


def test_agreement_is_said():
    assert recompute_rate(1, 2, stated="50.0%", subject="x").sentence("zh") == "x：公布 50.0%，按其数字复算 50.0%，一致。"
    assert recompute_rate(1, 2, stated="50.0", subject="x").sentence("en").endswith("they agree.")
    assert check_partition({"a": 1}, total=1, subject="x").sentence("en").endswith("they agree.")


@pytest.mark.parametrize("figure", ["约95", "NaN", None])
def test_a_figure_must_be_a_number(figure):
    with pytest.raises(ProfileValueError, match="must be a number"):
        recompute_rate(figure, 1, stated="95")
