"""Names, addresses and codes are taken apart as people mean them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc

from tests.dbt.town import uscc
from tidu.identity import address_parts, name_key, name_keys, name_parts, possible_codes, spoken
from tidu.identity.code_repair import UNIFIED, organisation_codes
from tidu.identity.places import DISTRICTS, WITHDRAWN

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["青岛", "（", "〕", "·", "\u3000", "\u200b", "Ａ", "b", "无", "测试", "0", "\\", "]", "^"]),
        st.characters(min_codepoint=1, max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn")),
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(st.lists(st.none() | TEXTS, min_size=1, max_size=30))
@example(["测试\n", "无", "无锡", "0000", "N/A", "", " ", None, "ﬁ", "é"])
def test_columns_of_names_get_the_normal_form_of_each(names: list[str | None]) -> None:
    assert name_keys(pl.Series(names, dtype=pl.String)).to_list() == [name_key(n) for n in names]


@pytest.mark.parametrize(
    ("name", "part", "expected"),
    [
        ("青岛海天机械有限责任公司", "core", "海天机械"),
        ("海天机械(青岛)有限公司", "core", "海天机械"),
        ("青岛市海天机械有限公司", "core", "海天机械"),
        ("山东省青岛市市北区海天机械厂", "core", "海天机械厂"),
        ("青岛海天机械有限公司", "brand", "海天"),
        ("青岛啤酒股份有限公司", "brand", "青岛啤酒"),
        ("市北区光晖理发店", "brand", "光晖"),
        ("家家超市", "core", "家家超市"),
        ("青岛海天机械股份有限公司", "form", "股份"),
        ("青岛海天投资(有限合伙)", "form", "合伙"),
        ("平度市海天农民专业合作社", "form", "合作社"),
        ("盛永建材(山东)有限公司", "place", "山东"),
        ("中国农业银行股份有限公司万安县支行", "head", "中国农业银行股份有限公司"),
        ("中国农业银行股份有限公司万安县支行", "branch", "万安县支行"),
        ("青岛海天机械有限公司", "branch", ""),
    ],
)
def test_names_have_parts(name: str, part: str, expected: str) -> None:
    assert name_parts(pl.Series([name]))[part].item() == expected


def test_no_name_has_no_parts() -> None:
    assert name_parts(pl.Series([None], dtype=pl.String)).height == 1
    assert name_parts(pl.Series([], dtype=pl.String)).height == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("山东省青岛市四方区杭州路１２号3号楼201室", ("370203", "杭州路", "12", "3", "201")),
        ("青岛市黄岛区（原胶南市）泰薛路", ("370211", "泰薛路", None, None, None)),
        ("青岛西海岸新区长江路街道香江路78号", ("370211", "香江路", "78", None, None)),
        ("即墨市通济办事处闫家岭村", ("370215", None, None, None, None)),
        ("青岛市市南区东海西路39号世纪大厦1502户", ("370202", "东海西路", "39", None, "1502")),
        (None, (None, None, None, None, None)),
    ],
)
def test_addresses_have_parts(address: str | None, expected: tuple[str | None, ...]) -> None:
    assert address_parts(pl.Series([address], dtype=pl.String)).row(0)[1:6] == expected


def test_withdrawn_districts_lead_to_districts_of_today() -> None:
    assert set(WITHDRAWN.values()) <= set(DISTRICTS)
    assert not set(WITHDRAWN) & set(DISTRICTS)


def test_what_sounds_alike_is_spoken_alike() -> None:
    assert spoken(pl.Series(["海天", "海添", "张三", "脏衫", "AB", "", None]))["sound"].to_list() == [
        "haitian", "haitian", "zansan", "zansan", "ab", None, None,
    ]  # fmt: skip


@given(st.integers(1, 99_999_999), st.integers(0, 17), st.sampled_from(UNIFIED), st.booleans())
def test_one_slip_leads_back_to_the_code_that_was_meant(number: int, place: int, wrong: str, swap: bool) -> None:
    meant = uscc(number)
    written = meant[:place] + wrong + meant[place + 1 :]
    if swap and place < 17:
        written = meant[:place] + meant[place + 1] + meant[place] + meant[place + 2 :]
    found = possible_codes(pl.Series([written]))
    if holds(written):
        assert found.height == 0
    else:
        assert meant in found["code"].to_list()
    assert all(holds(code) for code in found["code"])


@given(st.integers(1, 99_999_999), st.integers(0, 8), st.sampled_from("0123456789"), st.sampled_from(["", "370203"]))
def test_an_organisation_code_is_read_where_its_check_holds(number: int, place: int, wrong: str, district: str) -> None:
    meant = uscc(number)[8:17]
    written = meant[:place] + wrong + meant[place + 1 :]
    expected = [meant, meant, written if written == meant else None, None, None]
    codes = [uscc(number), district + meant, district + written, "3702" + meant, None]
    assert organisation_codes(pl.Series(codes)).to_list() == expected


def holds(code: str) -> bool:
    return bool(stdnum_uscc.calc_check_digit(code[:17]) == code[17])


def test_other_texts_lead_to_no_code() -> None:
    assert (
        possible_codes(pl.Series(["", "无", "9137020073726405", "91370200737264051Ｑ", None], dtype=pl.String)).height
        == 0
    )
    assert possible_codes(pl.Series([], dtype=pl.String)).height == 0
