"""Mirror of `autogen.io.base`."""

from __future__ import annotations

from ...iostream import InputStream as AsyncInputStream
from ...iostream import InputStream as InputStream
from ...iostream import IOStream as IOStream
from ...iostream import IOStreamProtocol as AsyncIOStreamProtocol
from ...iostream import IOStreamProtocol as IOStreamProtocol
from ...iostream import OutputStream as OutputStream
from ..absent import no_more

__all__ = [
    "AsyncIOStreamProtocol",
    "AsyncInputStream",
    "IOStream",
    "IOStreamProtocol",
    "InputStream",
    "OutputStream",
]

__getattr__ = no_more(__name__)
