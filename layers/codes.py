"""Code lists of the domain: stored value, Chinese and English label, source, and the spellings that bureaus really write.

Lists printed by policy documents come from the tables shipped with this package (`layers/tables`), each label with the document
that prints it; lists of engineering practice stand here with the tag of the data dictionary (Part B and C).
"""

from __future__ import annotations

import csv
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from layers.schema import Code, CodeList, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping


def table(name: str) -> list[dict[str, str]]:
    """Read one of the policy tables shipped with this package, one dictionary of texts per row.

    >>> table("baiyin_investment")[-1]["amount_yi_yuan"]
    '289.31'
    """
    text = (files("layers") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _list(name: str, titles: tuple[str, str], source: str, pairs: str, **aliases: str) -> CodeList:
    """Build a list from `code=English` or `code|中文=English` pairs separated by `;`; aliases as `alias="code"`."""
    codes = []
    for pair in pairs.split(";"):
        left, en = pair.strip().split("=")
        value, _, zh = left.partition("|")
        codes.append(Code(value, zh or value, en, source))
    return CodeList(name, titles[0], titles[1], tuple(codes), source, dict(aliases))


def _from_table(file: str, name: str, titles: tuple[str, str], **aliases: str) -> CodeList:
    """Build a list from the rows of a shipped policy table."""
    rows = [row for row in table(file) if row["code_list"] == name]
    codes = tuple(Code(row["code"], row["label_zh"], row["label_en"], row["document"], row["note"]) for row in rows)
    documents = ";".join(dict.fromkeys(code.source for code in codes))
    return CodeList(name, titles[0], titles[1], codes, documents, dict(aliases))


def _baiyin() -> tuple[CodeList, CodeList]:
    """Build the Baiyin plan's seven categories (C1–C7) and its fifty sub-items (for example C4-1)."""
    rows = table("baiyin_items")
    source = rows[0]["document"]
    categories = {
        f"C{row['category_no']}": Code(f"C{row['category_no']}", row["category"], row["category_en"], source) for row in rows
    }
    categories["C7"] = Code("C7", "其他", "Other", source, "no sub-items in the plan")
    items = (Code(f"C{row['category_no']}-{row['item_no']}", row["item_name"], row["item_name_en"], source) for row in rows)
    return (
        CodeList("baiyin_category", "白银规划投资类别", "Baiyin plan category", tuple(categories.values()), source),
        CodeList("baiyin_item", "白银规划投资子项", "Baiyin plan sub-item", tuple(items), source),
    )


DATA_QUALITY = _list(
    "data_quality",
    ("数据质量", "Data quality"),
    "des",
    "surveyed|实测=Surveyed; registered|登记=Registered; digitised|数字化=Digitised; estimated|估算=Estimated; "
    "synthetic|模拟=Simulated",
    模拟数据="synthetic",
    测量="surveyed",
    台账="registered",
)
URBAN_RURAL = _list(
    "urban_rural",
    ("城乡分类代码", "Urban-rural class"),
    "page B3",
    "111|主城区=Urban core; 112|城乡结合区=Urban-rural fringe; 121|镇中心区=Town centre; 122|镇乡结合区=Town-rural fringe; "
    "123|特殊区域=Special area; 210|乡中心区=Township centre; 220|村庄=Village",
)
RURAL_CODES = frozenset({"210", "220"})
"""Urban-rural classes that count as rural."""

# counties and townships
COUNTY_CLASS = _list(
    "county_class",
    ("县分类", "County class"),
    "seed S4-7",
    "示范创建县=Demonstration county; 整体推进县=General county; 重点帮扶县=Key county",
)
KEY_LEVEL = _list(
    "key_level",
    ("重点帮扶级别", "Key assistance level"),
    "S2, S3, S4-7",
    "none|否=None; national|国家级=National; provincial|省级=Provincial; city|市级=City",
    国家="national",
    省="provincial",
    市="city",
    非重点="none",
)
TOILET_CLASS = _list(
    "toilet_class",
    ("改厕类别", "Toilet class"),
    "seed S4-7 专栏3-7",
    "一类=Class 1; 二类=Class 2; 三类=Class 3",
    一类县="一类",
    二类县="二类",
    三类县="三类",
)
LIST_LEVEL = _list(
    "list_level",
    ("名录级别", "List level"),
    "S2, S4-7",
    "国家=National; 省=Provincial; 市=City",
    国家级="国家",
    省级="省",
    市级="市",
)
OLD_REV_REGION = _list(
    "old_rev_region",
    ("革命老区", "Old revolutionary area"),
    "S0",
    "赣闽粤=Jiangxi-Fujian-Guangdong; 陕甘宁=Shaanxi-Gansu-Ningxia; 大别山=Dabie Mountains; 左右江=Zuoyou River; "
    "川陕=Sichuan-Shaanxi; "
    "湘鄂渝黔=Hunan-Hubei-Chongqing-Guizhou; 湘赣边=Hunan-Jiangxi border; 海陆丰=Hailufeng; 琼崖=Qiongya; "
    "浙西南=South-west Zhejiang; "
    "沂蒙=Yimeng; 太行=Taihang",
)

# villages, hamlets, settlements, facilities
PLANNING_TYPE = _list(
    "planning_type",
    ("村庄分类", "Village planning type"),
    "page B3",
    "集聚提升=Cluster and improve; 城郊融合=Suburban merging; 特色保护=Heritage; 搬迁撤并=To be moved or merged; 其他=Other",
    集聚提升类="集聚提升",
    城郊融合类="城郊融合",
    特色保护类="特色保护",
    搬迁撤并类="搬迁撤并",
    暂不分类="其他",
)
PLAN_STATUS = _list(
    "plan_status",
    ("村规划状态", "Village plan"),
    "S4-7",
    "none|未编=None; started|编制中=Started; approved|已批=Approved",
    已批准="approved",
    未编制="none",
)
KEY_VILLAGE_LEVEL = _list(
    "key_village_level",
    ("重点帮扶村级别", "Key village level"),
    "S4-7, S4-8",
    "none|否=None; province|省=Province; city|市=City; county|县=County",
)
DEMO_LEVEL = _list(
    "demo_level", ("示范创建级别", "Demonstration level"), "S4-7, S4-8", "none|否=None; province|省=Province; city|市=City"
)
_WATER_CLASSES = (
    "city_ext|城市供水管网延伸工程=Urban network extension; central10k|万人供水工程=Works of 10 000 people and more; "
    "central1k|千人供水工程=Works of 1 000–9 999 people; central20|千人以下集中供水工程=Works of 20–999 people; "
    "dispersed|分散供水工程=Dispersed supply (under 20 people)"
)
_WATER_ALIASES = {
    "城市管网延伸": "city_ext",
    "管网延伸": "city_ext",
    "城市管网延伸工程": "city_ext",
    "万人工程": "central10k",
    "千吨万人": "central10k",
    "千吨万人工程": "central10k",
    "≥10000": "central10k",
    "千人工程": "central1k",
    "百吨千人工程": "central1k",
    "1000–9999": "central1k",
    "1000-9999": "central1k",
    "千人以下工程": "central20",
    "集中供水": "central20",
    "20–999": "central20",
    "20-999": "central20",
    "分散供水": "dispersed",
    "分散": "dispersed",
    "水窖": "dispersed",
}
WORK_CLASS = _list("work_class", ("供水工程类别", "Water work class"), "page B1.2", _WATER_CLASSES, **_WATER_ALIASES)
SUPPLY_MODE = _list(
    "supply_mode",
    ("供水方式", "Supply mode"),
    "page B1.2",
    _WATER_CLASSES + "; none|无供水设施=No supply",
    无="none",
    **_WATER_ALIASES,
)
SIZE_CLASS = _list(
    "size_class",
    ("安置点规模", "Settlement size"),
    "800 and 10000 seed S4-11, S2; 3000 memory",
    "<800|小型（<800人）=Under 800; 800-2999|中型（800–2999人）=800–2999; 3000-9999|大型（3000–9999人）=3000–9999; "
    "10000+|特大型（≥10000人）=10 000 and more",
    小型="<800",
    中型="800-2999",
    大型="3000-9999",
    特大型="10000+",
)
SETTING = _list("setting", ("位置类型", "Setting"), "page B3", "城镇=Town; 农村=Rural", 城镇安置="城镇", 农村安置="农村")
FACILITY_TYPE = _list(
    "facility_type",
    ("公共设施类型", "Facility type"),
    "des",
    "医疗=Medical; 教育=Education; 农业=Agriculture; 交通行政=Transport and administration; 文化=Culture; 养老=Elderly care; "
    "商业=Trade; 其他=Other",
    **{"Medical": "医疗", "Education": "教育", "Agro": "农业", "Transport/Admin": "交通行政", "Transport / Admin": "交通行政"},
)

# roads
ADMIN_CLASS = _list(
    "admin_class",
    ("行政等级", "Administrative class"),
    "page B2.1",
    "国道=National road; 省道=Provincial road; 县道=County road; 乡道=Township road; 村道=Village road; "
    "专用=Special-purpose road; 组道=Hamlet road",
    G="国道",
    S="省道",
    X="县道",
    Y="乡道",
    C="村道",
    Z="专用",
    专用公路="专用",
    通组路="组道",
    组路="组道",
    县公路="县道",
    乡公路="乡道",
    村公路="村道",
)
TECH_CLASS = _list(
    "tech_class",
    ("技术等级", "Technical class"),
    "page B2.1; Ⅰ/Ⅱ memory",
    "高速=Expressway; 一级=Class I; 二级=Class II; 三级=Class III; 四级=Class IV; 四级Ⅰ=Class IV type I; 四级Ⅱ=Class IV type II; "
    "等外=Below class",
    高速公路="高速",
    一级公路="一级",
    二级公路="二级",
    三级公路="三级",
    四级公路="四级",
    等外公路="等外",
    等外路="等外",
    **{"四级(Ⅰ类)": "四级Ⅰ", "四级（Ⅰ类）": "四级Ⅰ", "四级公路（Ⅰ类）": "四级Ⅰ", "四级(Ⅱ类)": "四级Ⅱ", "四级（Ⅱ类）": "四级Ⅱ"},
    **{"四级公路（Ⅱ类）": "四级Ⅱ", "四级I": "四级Ⅰ", "四级II": "四级Ⅱ", "准四级": "四级Ⅱ", "无等级": "等外"},
)
SURFACE_TYPE = _list(
    "surface_type",
    ("路面类型", "Surface"),
    "memory",
    "沥青=Asphalt; 水泥=Cement; 砖石块=Brick or stone block; 砂石=Gravel; 土=Earth; 其他=Other",
    沥青混凝土="沥青",
    柏油="沥青",
    柏油路="沥青",
    沥青路="沥青",
    沥青表处="沥青",
    沥青碎石="沥青",
    油路="沥青",
    水泥路="水泥",
    混凝土="水泥",
    水泥混凝土="水泥",
    混凝土路="水泥",
    砼="水泥",
    水泥砼="水泥",
    砂砾="砂石",
    砂石路="砂石",
    砂路="砂石",
    碎石="砂石",
    泥结碎石="砂石",
    砾石="砂石",
    沙石="砂石",
    沙石路="砂石",
    土路="土",
    素土="土",
    土路面="土",
    砖铺="砖石块",
    块石="砖石块",
    石板="砖石块",
    弹石="砖石块",
    块石路="砖石块",
)
ROAD_FUNCTION = _list(
    "road_function",
    ("功能", "Function"),
    "S4-7, S3",
    "通乡=To township; 通村=To village; 通组=To hamlet; 产业路=Industry road; 旅游路=Tourism road; 资源路=Resource road; "
    "田间路=Field road; "
    "巷道=Lane; 入户=To the door",
    通乡路="通乡",
    通村路="通村",
    通组路="通组",
    入户路="入户",
    机耕路="田间路",
)
CONDITION = _list("condition", ("路况", "Condition"), "memory", "优=Excellent; 良=Good; 中=Fair; 次=Poor; 差=Very poor")

# water
SOURCE_TYPE = _list(
    "source_type",
    ("水源类型", "Water source"),
    "des",
    "水库=Reservoir; 河流=River; 泉=Spring; 井=Well; 窖=Cistern; 管网=Pipe network",
    水窖="窖",
    山泉="泉",
    山泉水="泉",
    机井="井",
    地下水="井",
    河水="河流",
    水库水="水库",
    引黄="河流",
    自来水管网="管网",
)

# sanitation
SANITATION_TYPE = _list(
    "sanitation_type",
    ("卫生设施类型", "Sanitation facility"),
    "S4-7, S3",
    "户厕汇总=Household toilets, village total; 公厕=Public toilet; 污水处理站=Sewage treatment station; 污水管网=Sewer; "
    "垃圾收集点=Waste collection point; 垃圾转运站=Waste transfer station; 垃圾处理场=Waste treatment site",
    户厕="户厕汇总",
    公共厕所="公厕",
    污水站="污水处理站",
    污水处理设施="污水处理站",
    垃圾填埋场="垃圾处理场",
    垃圾池="垃圾收集点",
)
TOILET_TYPE = _list(
    "toilet_type",
    ("厕所类型", "Toilet type"),
    "page B5",
    "三格化粪池=Three-chamber septic tank; 双瓮漏斗=Double urn; 三联沼气池=Biogas digester; 粪尿分集=Urine-diverting; "
    "完整下水道=Full sewer; 双坑交替=Alternating twin pit; 其他=Other",
    三格式="三格化粪池",
    三格="三格化粪池",
    双瓮="双瓮漏斗",
    双瓮漏斗式="双瓮漏斗",
    沼气池="三联沼气池",
    粪尿分集式="粪尿分集",
    完整下水道水冲="完整下水道",
    水冲="完整下水道",
    水冲式="完整下水道",
    双坑交替式="双坑交替",
)
FACILITY_STATUS = _list(
    "facility_status",
    ("运行状态", "Status"),
    "des",
    "正常=Working; 停用=Out of use; 在建=Under construction",
    正常运行="正常",
    停运="停用",
)

# farmland
LAND_CODE = _list(
    "land_code",
    ("地类编码", "Land code"),
    "page B4, GB/T 21010-2017",
    "0101|水田=Paddy; 0102|水浇地=Irrigated land; 0103|旱地=Dry land",
    旱田="0103",
    水地="0102",
    梯田="0103",
)

# projects and assets
PROJECT_CATEGORY = _from_table("project_codes", "project_category", ("项目类别", "Project category"))
BAIYIN_CATEGORY, BAIYIN_ITEM = _baiyin()
BUILD_NATURE = _list(
    "build_nature",
    ("建设性质", "Nature of works"),
    "memory",
    "新建=New; 改扩建=Rebuilding or extension; 维修=Repair; 续建=Continued; 其他=Other",
    改建="改扩建",
    扩建="改扩建",
    改造="改扩建",
    维修改造="维修",
    维护="维修",
)
PROJECT_SCOPE = _list(
    "project_scope",
    ("规模类型", "Scope"),
    "S4-17",
    "到村到户=Village and household; 跨区域规模化=Cross-region, large scale; 应急=Emergency",
    跨区域="跨区域规模化",
    规模化="跨区域规模化",
)
PROJECT_STATUS = _list(
    "project_status",
    ("项目状态", "Project status"),
    "S4-17",
    "draft|草拟=Draft; village_notice|村公示=Village notice; township_review|乡审核=Township review; "
    "township_notice|乡公示=Township notice; "
    "opinions|部门意见=Opinions; county_notice|县公示=County notice; in_library|已入库=In library; "
    "annual_plan|年度计划=Annual plan; "
    "implementing|实施中=Implementing; completed|已完工=Completed; asset_formed|已形成资产=Asset formed; "
    "withdrawn|退库=Withdrawn; "
    "rejected|不予入库=Rejected",
    入库="in_library",
    在建="implementing",
    完工="completed",
    竣工="completed",
    列入年度计划="annual_plan",
)
ASSET_CLASS = _from_table(
    "asset_codes", "asset_class", ("资产类别", "Asset class"), 经营性="OPR", 公益性="PUB", 到户类="HHD", 到户="HHD"
)
ASSET_SUB_CLASS = _from_table(
    "asset_codes", "asset_sub_class", ("资产子类", "Asset sub-class"), 帮扶车间="OPR7", 光伏="OPR6", 交通="PUB01"
)
FUND_SOURCE = _from_table(
    "asset_codes",
    "fund_source",
    ("资金来源", "Fund source"),
    衔接资金="S11",
    衔接补助资金="S11",
    专项扶贫资金="S01",
    整合资金="S02",
    定点帮扶资金="S05",
)
OWNER_LEVEL = _list(
    "owner_level",
    ("归属层级", "Owner level"),
    "S4-13, A2.5",
    "国有=State; 县=County; 乡镇=Township; 村集体=Village collective; 户=Household; 经营主体=Enterprise",
    村="村集体",
    村级="村集体",
    乡级="乡镇",
    镇="乡镇",
    县级="县",
    区="县",
    农户="户",
)
OPERATING_MODE = _list(
    "operating_mode",
    ("经营方式", "Operating mode"),
    "S3 市政办发〔2021〕130号; S4-16 湘振局联〔2021〕5号",
    "自营=Own operation; 承包=Contracting; 托管=Trusteeship; 租赁=Leasing; 合作=Cooperation; 独资=Sole ownership; "
    "入股=Shareholding; "
    "联合经营=Joint operation; 委托第三方=Entrusted third party",
    出租="租赁",
    合作经营="合作",
    自主经营="自营",
)
ASSET_STATUS = _list(
    "asset_status",
    ("资产状态", "Asset status"),
    "S4-15, S4-16 湘振局联〔2021〕5号",
    "正常=Working; 闲置=Idle; 低效=Low yield; 亏损=Loss-making; 损毁=Damaged; 已处置=Disposed of",
    正常发挥效益="正常",
    长期闲置="闲置",
    效益差="低效",
    迁移="已处置",
    变卖="已处置",
    报废="已处置",
    在用="正常",
)
FEATURE_TYPE = _list(
    "feature_type",
    ("关联设施类型", "Linked feature"),
    "des",
    "road|路段=Road; water|供水工程=Water work; sanitation|卫生设施=Sanitation; farmland|农田=Farmland; "
    "settlement|安置点=Settlement",
)

# monitoring and targets
MONITOR_TYPE = _list(
    "monitor_type",
    ("监测类型", "Monitoring type"),
    "S4-11 A3",
    "脱贫不稳定=Unstable after poverty; 边缘易致贫=Near-poor at risk; 突发严重困难=Sudden severe hardship; 合计=Total",
    脱贫不稳定户="脱贫不稳定",
    边缘易致贫户="边缘易致贫",
    突发严重困难户="突发严重困难",
)
RISK_CODE = _list(
    "risk_code",
    ("风险类型", "Risk"),
    "S4-11 A27",
    "01|因病=Illness; 02|因学=Schooling; 03|因残=Disability; 04|因自然灾害=Natural disaster; 05|因意外事故=Accident; "
    "06|因产业项目失败=Failed business; 07|因务工就业不稳=Unstable work; 08|缺劳动力=Lack of labour; 09|其他=Other; all|全部=All",
    合计="all",
)
TARGET_OPERATOR = CodeList(
    "target_operator",
    "比较",
    "Comparison",
    tuple(
        Code(value, zh, en, "S4-7")
        for value, zh, en in (
            (">=", "≥", "At least"),
            ("<=", "≤", "At most"),
            ("=", "等于", "Equal"),
            (">", "高于", "Above"),
            ("<", "低于", "Below"),
            ("≈", "约", "About"),
        )
    ),
    "S4-7",
    {"不低于": ">=", "达到": ">=", "不超过": "<=", "左右": "≈"},
)
TARGET_NATURE = _list("target_nature", ("属性", "Nature"), "S4-7", "约束性=Binding; 预期性=Expected")
CODE_LISTS: Mapping[str, CodeList] = MappingProxyType(
    {item.name: item for item in list(globals().values()) if isinstance(item, CodeList)}
)
"""Every code list by its name."""


def code_list(name: str) -> CodeList:
    """Give a code list by name; raise UnknownNameError, with the names there are, when there is none.

    >>> code_list("surface_type").resolve("水泥路")
    '水泥'
    """
    if name in CODE_LISTS:
        return CODE_LISTS[name]
    raise UnknownNameError(f"There is no code list {name!r}; there are: {', '.join(CODE_LISTS)}")
