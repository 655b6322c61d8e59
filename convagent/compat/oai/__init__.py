"""Mirror of `autogen.oai`."""

from __future__ import annotations

from ...models.cache import Cache as Cache
from ..absent import no_more
from . import openai_utils
from .openai_utils import *  # noqa: F403  # the same functions, by both paths

__all__ = ["Cache"]
__all__ += openai_utils.__all__

__getattr__ = no_more(__name__)
