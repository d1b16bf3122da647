"""The canonical form a manifest is hashed in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidu.publishing.manifest import digest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_the_order_of_keys_does_not_matter(document: dict[str, object]) -> None:
    assert digest(document) == digest(dict(reversed(document.items())))


def test_any_other_content_has_another_hash() -> None:
    documents = [{}, {"a": 1}, {"a": "1"}, {"a": [1]}, {"a": None}, {"b": 1}]
    assert len({digest(d) for d in documents}) == len(documents)
