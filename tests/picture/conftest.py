"""The Chromium of the system, as the tests of the inbox start it."""

from __future__ import annotations

from tests.web.conftest import chromium as chromium
