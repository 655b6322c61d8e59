"""The inbox, and the Chromium of the system."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.scene import Scene

REQUIRED = "chromium" in os.environ.get("CONVAGENT_REQUIRE", "")
"""Read before the fixture that hides settings of whoever runs the tests."""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Return a function that makes an inbox; its options are those of `web_app`."""
    made: list[Scene] = []

    def scene(**options: Any) -> Scene:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Scene(folder, **options))
        return made[-1]

    yield scene
    for one in made:
        one.close()


@pytest.fixture
def scene(make: Callable[..., Scene]) -> Scene:
    """Return an inbox with people."""
    return make()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start the Chromium of the system, for the tests of one file.

    Playwright keeps an event loop running in this thread; tests of other files start loops of their own.
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "tests/web in a browser needs chromium (apt-get install chromium)"
        if REQUIRED:
            pytest.fail(f"{reason}, and CONVAGENT_REQUIRE asks for it")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
