"""An answer whose try died after it published is completed by the next try: files and cockpit are written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowSkipException

import tidu.publishing.question as asking
from tidu.orchestration.approval import ReleaseApproval
from tidu.publishing.files import shelf
from tidu.serving import cockpit


@pytest.mark.parametrize("step", ["execute", "execute_complete"])
def test_what_an_earlier_try_published_gets_its_files_before_the_task_skips(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    written: list[str] = []
    monkeypatch.setattr(shelf, "fill", lambda: written.append("files"))
    monkeypatch.setattr(cockpit, "file_cockpits", lambda: written.append("cockpits"))
    monkeypatch.setattr(asking, "question", lambda: None)
    monkeypatch.setattr(ApprovalOperator, "execute_complete", lambda *_: {})
    context: dict[str, Any] = {"ti": SimpleNamespace(xcom_pull=lambda **_: 5)}
    task = ReleaseApproval(task_id="approve", subject="A draft waits for approval")
    with pytest.raises(AirflowSkipException):
        task.execute(context) if step == "execute" else task.execute_complete(context, {})
    assert written == ["files", "cockpits"]
