"""What a parametrized case is called."""

from __future__ import annotations


def case(value: object) -> str:
    """Name a case by its value, and a function by its name.

    The print of a function holds an address, which differs in each worker of a run; they have to
    agree on what a test is called.
    """
    return getattr(value, "__qualname__", None) or str(value)
