"""Mirror of `autogen.io.console`."""

from __future__ import annotations

from ...iostream import IOConsole as IOConsole
from ..absent import no_more

__all__ = [
    "IOConsole",
]

__getattr__ = no_more(__name__)
