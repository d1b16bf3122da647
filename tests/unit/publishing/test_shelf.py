"""One release whose files cannot be written does not keep the others from theirs."""

from __future__ import annotations

import pytest

from tidu.errors import TiduError
from tidu.publishing.files import shelf


def test_the_others_are_done_first_and_all_that_failed_are_named() -> None:
    done: list[int] = []

    def write(release_id: int) -> None:
        if release_id in (1, 3):
            raise ValueError(f"no room for {release_id}")
        done.append(release_id)

    with pytest.raises(
        TiduError, match=r"the files of release 1: no room for 1; the files of release 3: no room for 3"
    ):
        shelf.each([1, 2, 3, 4], write, "the files of release")
    assert done == [2, 4]
    shelf.each([2, 4], write, "the files of release")
