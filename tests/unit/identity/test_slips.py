"""Names one slip apart are found, all of them, without looking at every text near to every registered name."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.world.names import TRADES, enterprise_names
from tidu.identity import name_parts
from tidu.identity.linkage.candidates import NAME_KINDS, candidate_pairs, pairs_of_names
from tidu.identity.linkage.slips import NEAR_LENGTHS, may_be_near, near

# few letters, so that texts come near to each other, and one beyond what a byte or a UTF-16 unit holds
TEXTS = st.lists(st.none() | st.text("海天机𠮷", max_size=7), max_size=12)
KINDS = tuple(kind for kind in NAME_KINDS if kind != "sound")


def texts_near_to(text: str | None) -> list[str] | None:
    """Say once more, for one text, what `near` says for a column."""
    if text is None or not NEAR_LENGTHS[0] <= len(text) <= NEAR_LENGTHS[1]:
        return None
    return sorted({text[:place] + text[place + 1 :] for place in range(len(text))})


def column(texts: list[str | None]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String)


@given(TEXTS)
@example(["海" * 24, "天机" * 12 + "海", "海天机" * 8, "海天机", "海天机", "海天", "", None])
def test_each_character_is_left_out_once(texts: list[str | None]) -> None:
    assert near(column(texts)).to_list() == [texts_near_to(text) for text in texts]


@given(st.text("海天机𠮷", min_size=NEAR_LENGTHS[0], max_size=7))
def test_no_text_is_missed_that_is_a_key_with_one_character_more(text: str) -> None:
    for key in texts_near_to(text) or []:
        assert may_be_near(column([text, None]), column([key, None])).to_list() == [True, False]


@given(TEXTS, TEXTS, st.integers(1, 9), st.integers(0, 6))
def test_the_same_pairs_are_found_as_without_a_choice(
    ours: list[str | None], theirs: list[str | None], crowd: int, place: int
) -> None:
    theirs += [text and text[:place] + text[place + 1 :] for text in ours]
    theirs += [text and text[:place] + "天" + text[place:] for text in ours]
    theirs += [text and text[:place] + "天" + text[place + 1 :] for text in ours]
    parties, registered = (name_parts(column(texts)).with_row_index("record") for texts in (ours, theirs))
    all_of_them = candidate_pairs(
        *(parts.with_columns(near=near(parts["core"])) for parts in (parties, registered)), crowd, KINDS
    )
    assert pairs_of_names(parties, registered, crowd, KINDS).equals(all_of_them)


def test_few_names_of_a_register_may_be_near_to_one() -> None:
    rng = np.random.default_rng(4)
    sections = np.array(list(TRADES))[rng.integers(0, len(TRADES), 5_000)]
    names = enterprise_names(rng, sections, np.full(len(sections), "173"))
    cores = name_parts(pl.Series(names.tolist()))["core"]
    assert cores.n_unique() > 4_000
    keys = near(cores.head(1)).explode()
    may = may_be_near(cores, keys)
    assert may[0] and 1 <= may.sum() < 50
