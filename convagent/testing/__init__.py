"""What tests of your own agents need: scripted models and people, captured events, a loopback server.

    from convagent.testing import People, ScriptedModel, capture_events

No network, no key, no sleeping. Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..models.rules import RuleModel as RuleModel
    from ..models.scripted import ScriptedModel as ScriptedModel
    from .capture import CapturedEvents as CapturedEvents
    from .capture import capture_events as capture_events
    from .clock import VirtualClock as VirtualClock
    from .fake import Fake as Fake
    from .fake import after as after
    from .fake import silent as silent
    from .openai_server import OpenAIServer as OpenAIServer
    from .people import People as People

_HOMES = {
    "CapturedEvents": ".capture",
    "Fake": ".fake",
    "OpenAIServer": ".openai_server",
    "People": ".people",
    "RuleModel": "..models.rules",
    "ScriptedModel": "..models.scripted",
    "VirtualClock": ".clock",
    "after": ".fake",
    "capture_events": ".capture",
    "silent": ".fake",
}

__all__ = [
    "CapturedEvents",
    "Fake",
    "OpenAIServer",
    "People",
    "RuleModel",
    "ScriptedModel",
    "VirtualClock",
    "after",
    "capture_events",
    "silent",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
