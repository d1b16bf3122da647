"""Settings that cannot be are refused by name."""

from __future__ import annotations

import pytest

from tidu.errors import SettingsError
from tidu.settings import settings


@pytest.mark.parametrize(("told", "hour"), [("", 6), ("0", 0), ("23", 23)])
def test_the_hour_of_asking_is_read(monkeypatch: pytest.MonkeyPatch, told: str, hour: int) -> None:
    monkeypatch.setenv("TIDU_ASK_HOUR", told)
    assert settings().ask_hour == hour


@pytest.mark.parametrize("told", ["24", "-1", "6:00", "６"])
def test_an_hour_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv("TIDU_ASK_HOUR", told)
    with pytest.raises(SettingsError, match="TIDU_ASK_HOUR"):
        settings()
