"""Journals for the tests of engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.durable.conftest import file as file
from tests.durable.conftest import journal as journal
from tests.durable.conftest import place as place
from tests.durable.conftest import postgres as postgres

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let DBOS end: a workflow that it had taken from the queue just then is never begun, which Python warns of."""
    given = (
        "ignore:Exception ignored in. <coroutine object execute_dequeued:pytest.PytestUnraisableExceptionWarning",
        "ignore:coroutine .execute_dequeued_workflow:RuntimeWarning",
    )
    for item in items:
        if HERE in item.path.parents:
            for one in given:
                item.add_marker(pytest.mark.filterwarnings(one))
