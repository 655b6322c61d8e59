"""Mirror of `autogen.code_utils`."""

from __future__ import annotations

from ..coding.functions import create_virtual_env as create_virtual_env
from ..coding.functions import execute_code as execute_code
from ..coding.markdown import CODE_BLOCK_PATTERN as CODE_BLOCK_PATTERN
from ..coding.markdown import UNKNOWN as UNKNOWN
from ..coding.markdown import extract_code as extract_code
from ..coding.markdown import infer_lang as infer_lang
from ..messages import content_text as content_str
from .absent import no_more

__all__ = [
    "CODE_BLOCK_PATTERN",
    "UNKNOWN",
    "content_str",
    "create_virtual_env",
    "execute_code",
    "extract_code",
    "infer_lang",
]

__getattr__ = no_more(__name__)
