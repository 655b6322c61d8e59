"""Mirror of `autogen.exception_utils`: the classic names of our errors, for `except` clauses."""

from __future__ import annotations

from ..errors import ConfigError as InvalidCarryOverTypeError
from ..errors import ConfigError as SenderRequiredError
from .absent import no_more

__all__ = ["InvalidCarryOverTypeError", "SenderRequiredError"]

__getattr__ = no_more(__name__)
