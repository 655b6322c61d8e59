"""Mirror of `autogen.io.websockets`: its names say what to write instead."""

from __future__ import annotations

from ...iostream import IOStream as IOStream
from ..absent import no_more

__all__ = [
    "IOStream",
]

__getattr__ = no_more(__name__)
