"""Mirror of `autogen.cache`."""

from __future__ import annotations

from ...models.cache import Cache as Cache
from ..absent import no_more

__all__ = [
    "Cache",
]

__getattr__ = no_more(__name__)
