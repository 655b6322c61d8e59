"""Mirror of `autogen.io.run_response`."""

from __future__ import annotations

from ...runs.response import AsyncRunResponse as AsyncRunResponse
from ...runs.response import AsyncRunResponse as AsyncRunResponseProtocol
from ...runs.response import RunResponse as RunResponse
from ...runs.response import RunResponse as RunResponseProtocol
from ..absent import no_more

__all__ = [
    "AsyncRunResponse",
    "AsyncRunResponseProtocol",
    "RunResponse",
    "RunResponseProtocol",
]

__getattr__ = no_more(__name__)
