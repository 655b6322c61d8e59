"""What tests of your own agents need: scripted models and people, captured events, a loopback server.

    from convagent.testing import People, ScriptedModel, capture_events

No network, no key, no sleeping. Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import on_first_use

if TYPE_CHECKING:
    from ..models.rules import RuleModel as RuleModel
    from ..models.scripted import ScriptedModel as ScriptedModel
    from .capture import CapturedEvents as CapturedEvents
    from .capture import capture_events as capture_events
    from .clock import VirtualClock as VirtualClock
    from .fake import Fake as Fake
    from .fake import after as after
    from .fake import silent as silent
    from .ledgers import asked_for as asked_for
    from .ledgers import progress_ledger as progress_ledger
    from .ledgers import task_done as task_done
    from .ledgers import task_ledger as task_ledger
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
    "asked_for": ".ledgers",
    "capture_events": ".capture",
    "progress_ledger": ".ledgers",
    "silent": ".fake",
    "task_done": ".ledgers",
    "task_ledger": ".ledgers",
}

__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
