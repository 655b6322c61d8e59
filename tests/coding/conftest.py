"""What tests of code share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coding.lines import Line


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Return a line that shows whether a process still lives."""
    made = Line(tmp_path / "line")
    yield made
    made.close()
