"""Names and addresses by grammar, in the manner of the register: place, brand, trade, legal form.

Every name is invented. Enterprises' names are made distinct; some shops' names collide on purpose, as they do
in reality, where nothing forbids a second 市南区佳和便利店.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulators.world.codes import DISTRICTS, WITHDRAWN_NAMES, townships

BRAND = list(
    "海鑫盛泰和恒瑞达华宇中天力康隆信诚嘉丰源茂凯德宝金银东方胜利永安顺通聚贤博雅文思明远志鸿福祥兴旺"
    "启航蓝岛琴澳柯双星青啤崂峰云帆程锦绣正阳昊坤润泽良友佳美尚品优尔特欧迪联合创新元亨万邦百川千里长城"
    "春晖秋实冠领众卓越鼎立智慧科锐捷凌霄腾飞龙凤麒麟虎豹鹏程晨曦朗月星辰光耀"
)
TRADES: dict[str, tuple[str, ...]] = {
    "A": ("农业", "水产养殖", "果蔬种植", "畜牧", "苗木"),
    "B": ("矿业", "石材开采"),
    "C": ("机械", "电子", "食品", "纺织", "化工", "橡胶", "精密模具", "新材料", "制药", "家具",
          "汽车零部件", "仪器仪表", "电气", "包装", "服装", "金属制品"),
    "D": ("热力", "新能源", "燃气"),
    "E": ("建筑工程", "装饰工程", "建设", "园林绿化工程"),
    "F": ("商贸", "国际贸易", "贸易", "食品销售", "建材", "电子商务", "医药"),
    "G": ("物流", "国际货运代理", "运输", "供应链管理"),
    "H": ("餐饮管理", "酒店管理", "餐饮服务"),
    "I": ("信息技术", "软件", "网络科技", "数据科技", "智能科技"),
    "J": ("融资租赁", "投资基金管理"),
    "K": ("置业", "房地产开发", "物业管理"),
    "L": ("企业管理咨询", "商务服务", "广告传媒", "人力资源", "会展服务"),
    "M": ("科技", "生物科技", "检测技术", "工程设计", "海洋科技"),
    "N": ("环保科技", "环境工程", "水利工程"),
    "O": ("家政服务", "汽车维修", "美容服务"),
    "P": ("教育咨询", "职业培训"),
    "Q": ("医疗管理", "健康管理", "养老服务"),
    "R": ("文化传媒", "体育文化", "影视传媒"),
    "S": ("社会服务",),
}  # fmt: skip
SHOPS: dict[str, tuple[str, ...]] = {
    "A": ("养殖场", "种植园"),
    "C": ("加工厂", "木器厂", "机械加工部"),
    "E": ("装修队", "水电安装部"),
    "F": ("便利店", "超市", "五金店", "服装店", "水果店", "烟酒店", "建材经营部", "海鲜行", "文具店", "药店"),
    "G": ("货运部", "快递服务部"),
    "H": ("餐馆", "饭店", "烧烤店", "面馆", "早餐店", "小吃店", "海鲜酒楼"),
    "L": ("广告部", "信息咨询服务部"),
    "O": ("理发店", "美容院", "汽修厂", "洗衣店", "家电维修部"),
}  # fmt: skip
FORMS = ("有限公司", "有限责任公司", "股份有限公司")
BRANCHES = ("分公司", "分公司", "分公司", "营业部", "分店", "办事处")
SURNAMES = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗于宋迟逄姜曲江纪宫薛")
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛超明霞平刚桂英华建国志玉梅兰海波晓东文斌")
ROADS = list("山东海泰安华宁福州京口重庆江南北延吉辽阳威烟济徐淮正定鞍大连镇茂永平长沙台湛")
LONG_NAMES = {"370211": ("青岛西海岸新区", "青岛黄岛"), "370214": ("青岛城阳", "青岛")}

Strings = NDArray[np.str_]


def choose(rng: np.random.Generator, words: list[str] | tuple[str, ...], n: int) -> Strings:
    """Draw `n` words with equal chances."""
    return np.asarray(words)[rng.integers(0, len(words), n)]


def brands(rng: np.random.Generator, n: int, length: int = 2) -> Strings:
    """Draw `n` brand names of `length` syllables."""
    out = choose(rng, BRAND, n)
    for _ in range(length - 1):
        out = np.char.add(out, choose(rng, BRAND, n))
    return out


def trade_words(rng: np.random.Generator, sections: Strings, table: dict[str, tuple[str, ...]], other: str) -> Strings:
    """Draw for each industry section one of its trade words."""
    out = np.full(len(sections), other, dtype="<U10")
    for section in sorted(set(sections.tolist())):
        here = np.flatnonzero(sections == section)
        out[here] = choose(rng, table.get(section, (other,)), len(here))
    return out


def enterprise_names(rng: np.random.Generator, sections: Strings, reg_types: Strings) -> Strings:
    """Make distinct names of enterprises: 青岛海盛机械有限公司 and its variants."""
    n = len(sections)
    shares = np.isin(reg_types, ["160", "174", "240", "340"])
    form = np.where(shares, FORMS[2], np.where(rng.random(n) < 0.03, FORMS[1], FORMS[0]))
    form = np.where(reg_types == "171", "厂", form)
    form = np.where(reg_types == "172", "（有限合伙）", form)
    trade = trade_words(rng, sections, TRADES, "实业")
    kind = rng.random(n)
    head = np.where(kind < 0.78, "青岛", np.where(kind < 0.88, "山东", "青岛市"))
    tail = np.where(kind >= 0.96, "（山东）", np.where((kind >= 0.93), "（青岛）", ""))
    head = np.where(tail == "", head, "")

    def compose(where: NDArray[np.int64], length: int) -> Strings:
        parts = (brands(rng, len(where), length), trade[where], tail[where], form[where])
        out = head[where]
        for part in parts:
            out = np.char.add(out, part)
        return out

    names = compose(np.arange(n), 2).astype("<U40")
    return distinct(names, compose)


def shop_names(rng: np.random.Generator, sections: Strings, districts: Strings) -> Strings:
    """Make names of 个体工商户, one in thirty of them borne twice or more."""
    n = len(sections)
    trade = trade_words(rng, sections, SHOPS, "经营部")
    place = np.array([district_name(d) for d in districts.tolist()] if n else [], dtype="<U8")
    place = np.where(rng.random(n) < 0.5, np.char.add("青岛市", place), place)

    def compose(where: NDArray[np.int64], length: int) -> Strings:
        return np.char.add(np.char.add(place[where], brands(rng, len(where), length)), trade[where])

    names = distinct(compose(np.arange(n), 2).astype("<U40"), compose)
    twins = np.flatnonzero(rng.random(n) < 1 / 30)
    if n > 1:
        names[twins] = names[(twins + 1 + rng.integers(0, n - 1, len(twins))) % n]
    return names


def cooperative_names(rng: np.random.Generator, n: int) -> Strings:
    """Make distinct names of 农民专业合作社."""
    trade = choose(rng, ("果蔬", "蔬菜", "茶叶", "畜禽养殖", "农机服务", "粮食种植", "海水养殖"), n)
    place = choose(rng, ("胶州", "平度", "莱西", "即墨", "西海岸新区"), n)

    def compose(where: NDArray[np.int64], length: int) -> Strings:
        out = np.char.add("青岛", place[where])
        for part in (brands(rng, len(where), length), trade[where], "专业合作社"):
            out = np.char.add(out, part)
        return out

    return distinct(compose(np.arange(n), 2).astype("<U40"), compose)


def distinct(names: Strings, compose: Callable[[NDArray[np.int64], int], Strings]) -> Strings:
    """Rename later bearers of a name with longer brands until all differ."""
    for length in (3, 3, 4, 4, 5):
        _, first = np.unique(names, return_index=True)
        again = np.setdiff1d(np.arange(len(names)), first)
        if not len(again):
            break
        names[again] = compose(again, length)
    return names


def district_name(code: str) -> str:
    """Return the short name of a district code, withdrawn ones included; 青岛市 for an unknown one."""
    return DISTRICTS.get(code) or WITHDRAWN_NAMES.get(code) or "青岛市"


def people(rng: np.random.Generator, n: int) -> Strings:
    """Make invented names of natural persons."""
    second = np.where(rng.random(n) < 0.7, choose(rng, GIVEN, n), "")
    return np.char.add(np.char.add(choose(rng, SURNAMES, n), choose(rng, GIVEN, n)), second)


def addresses(rng: np.random.Generator, districts: Strings) -> Strings:
    """Make addresses: 青岛市, district, sub-district for some, road, number, room for some."""
    n = len(districts)
    towns = {d: f["name"].to_list() for (d,), f in townships().group_by(["district_code"], maintain_order=True)}
    town = np.full(n, "", dtype="<U12")
    place = np.full(n, "青岛市", dtype="<U12")
    for code in sorted(set(districts.tolist())):
        here = np.flatnonzero(districts == code)
        place[here] = "青岛市" + (district_name(code) if district_name(code) != "青岛市" else "")
        if code in towns:
            town[here] = choose(rng, towns[code], len(here))
    out = np.char.add(place, np.where(rng.random(n) < 0.45, town, ""))
    road = np.char.add(
        np.char.add(choose(rng, ROADS, n), choose(rng, ROADS, n)), choose(rng, ("路", "路", "街", "一路", "支路"), n)
    )
    out = np.char.add(np.char.add(out, road), np.char.add(rng.integers(1, 400, n).astype(str), "号"))
    building = np.char.add(rng.integers(1, 20, n).astype(str), "号楼")
    room = np.char.add(rng.integers(101, 2600, n).astype(str), "室")
    return np.char.add(out, np.where(rng.random(n) < 0.4, np.char.add(building, room), ""))


def padded(numbers: NDArray[np.int64], width: int) -> Strings:
    """Write numbers with leading zeros."""
    return np.array([f"{n:0{width}d}" for n in numbers.tolist()], dtype=f"<U{width + 4}")


def series(values: Strings) -> pl.Series:
    """Return a numpy text array as a polars series of strings."""
    return pl.Series(values.tolist(), dtype=pl.String)
