"""The face of `convagent.testing`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

import convagent.testing


@pytest.mark.parametrize("name", convagent.testing.__all__)
def test_name_can_be_imported(name: str) -> None:
    """Every listed name is there, and the same object each time."""
    assert getattr(convagent.testing, name) is getattr(convagent.testing, name)


def test_unknown_name_is_answered_by_what_there_is() -> None:
    """An unknown name is an AttributeError that lists the known ones."""
    with pytest.raises(AttributeError, match=r"has no attribute 'Peple'; it has .*People"):
        _ = convagent.testing.Peple  # type: ignore[attr-defined]


def test_import_is_light(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Importing it loads neither a slow package nor the server."""
    done = python("-c", "import convagent.testing, sys; print('asyncio' in sys.modules, 'openai' in sys.modules)")
    assert done.stdout.split() == ["False", "False"]
