"""One server for all tests that do not change it, because one takes a second to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convagent import MCPServer
from tests.tools.mcp.scene import desk


@pytest.fixture(scope="session")
def shared() -> Iterator[MCPServer]:
    """Return a server that is started once."""
    with desk() as server:
        yield server
