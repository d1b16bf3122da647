"""Why an enterprise that a spelling leads to is not the one."""

from __future__ import annotations

import pytest

from tidu.identity.evidence import Variant, ruled_out


def variant(
    name: str = "青岛甲公司", code_of: str | None = None, name_of: str | None = None, bearers: str | None = None
) -> Variant:
    holders = len(bearers.split()) if bearers else None
    return Variant("91", name, name, 1, None, "uscc" if code_of else None, code_of, None, name_of, holders, bearers)


@pytest.mark.parametrize(
    ("method", "spelt", "doubted", "why"),
    [
        ("minted", variant("青岛甲分公司", code_of="E2"), False, "the code 91 is its own, but the name is a branch's"),
        ("uscc", variant(code_of="E2"), False, "the code 91 is its own, but a better code, or more"),
        ("reviewer", variant(code_of="E2"), False, "the code 91 is its own, but a reviewer decided otherwise"),
        ("uscc", variant(name_of="E2"), False, "it bears the name, but a code goes before a name"),
        ("minted", variant(name_of="E2"), False, "it bears the name, but a sound code beside it is not its own"),
        ("minted", variant(name_of="E2"), True, "it bears the name, but everything else"),
        ("reviewer", variant(name_of="E2"), True, "it bears the name, but a reviewer decided otherwise"),
        ("probabilistic", variant(bearers="E1 E2"), False, "the name is or was that of 2, so it tells none"),
    ],
)
def test_each_other_enterprise_is_ruled_out_for_a_reason(method: str, spelt: Variant, doubted: bool, why: str) -> None:
    ((enterprise, reason),) = ruled_out(method, "E1", [spelt, variant(code_of="E1", name_of="E1")], doubted=doubted)
    assert enterprise == "E2" and reason.startswith(why)
