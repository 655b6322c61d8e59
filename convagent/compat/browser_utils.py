"""`autogen.browser_utils` has no counterpart: importing this says what to do instead."""

from __future__ import annotations

from .absent import absent_module

raise absent_module("browser_utils")
