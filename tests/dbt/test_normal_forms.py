"""The warehouse and Python write names and codes in the same normal form."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from tests.dbt.town import uscc
from tidu.identity import code_key, is_branch, name_key
from tidu.settings import PROJECT_ROOT
from tidu.stack.postgres import Cluster

pytestmark = pytest.mark.postgres
MACROS = (PROJECT_ROOT / "dbt_project/macros/identity.sql").read_text(encoding="utf-8")
PIECES = st.one_of(
    st.sampled_from(
        ["青岛", "有限公司", "（", "）", "(", "[", "】", "〔", "·", "•", "・", "．", "－", "—", "“", "”", "'", "_", "V",
         "\u3000", "\u00a0", "\t", "\u200b", "Ａ", "b", "０", "O", "I", "无", "测试", "null", "/", "0000", "分公司",
         "\ufb01", "é", "ß", "N/A", "，", "。"]
    ),
    st.characters(min_codepoint=1, max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn")),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def in_sql(cluster: Cluster, macro: str, texts: list[str]) -> list[object]:
    """Return what a macro of the dbt project makes of each text."""
    expression = getattr(Environment().from_string(MACROS).module, macro)("given.text")
    query = f"select {expression} from unnest(%s::text[]) with ordinality as given (text, place) order by place"
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        return [row[0] for row in connection.execute(query.replace("%'", "%%'").encode(), [texts])]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(TEXTS, min_size=20, max_size=40))
@example(
    ["测试", "测试一下", "无", "无锡", "0000", "00001", "null", "NULL ", "N/A", "//", "", " ", "v\u000bV", "Ｏ０Ｉ１"]
)
def test_sql_and_python_agree(cluster: Cluster, texts: list[str]) -> None:
    assert in_sql(cluster, "name_key", texts) == [name_key(t) for t in texts]
    assert in_sql(cluster, "code_key", texts) == [code_key(t) for t in texts]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青岛海天（集团）有限公司", "青岛海天(集团) 有限公司"),
        ("青岛Ａ·Ｂ科技有限公司", "青岛a.b科技有限公司"),
        ("青岛【海】有限公司", "青岛[海]有限公司"),
        ("青岛“好”餐馆", "青岛好餐馆"),
    ],
)
def test_spellings_of_one_name_have_one_normal_form(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_codes_are_read_through_width_case_and_look_alikes() -> None:
    code = uscc(1)
    assert code_key(code.lower()) == code_key(f" {code[:8]}-{code[8:]} ") == code
    assert code_key(code.replace("0", "O")) == code_key("".join(chr(ord(c) + 0xFEE0) for c in code)) == code
    assert [code_key(c) for c in ("000000000000000000", "无", "待补", "/", "", None)] == [None] * 6


def test_a_branch_is_told_by_its_ending() -> None:
    assert is_branch("青岛海天有限公司（市北）分公司") and is_branch("某银行青岛 支行")
    assert not is_branch("青岛分公司服务有限公司") and not is_branch(None)
