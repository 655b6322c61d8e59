"""Mirror of `autogen.io`."""

from __future__ import annotations

from ...iostream import InputStream as InputStream
from ...iostream import IOConsole as IOConsole
from ...iostream import IOStream as IOStream
from ...iostream import OutputStream as OutputStream
from ..absent import no_more

__all__ = [
    "IOConsole",
    "IOStream",
    "InputStream",
    "OutputStream",
]

__getattr__ = no_more(__name__)
