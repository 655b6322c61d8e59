"""Ways to a person: at a terminal, by a function, a queue, a webhook, from a script.

    from convagent.channels import CallableChannel, QueueChannel, WebhookChannel

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Channel as Channel
    from .callable import CallableChannel as CallableChannel
    from .queue import QueueChannel as QueueChannel
    from .scripted import ScriptedChannel as ScriptedChannel
    from .terminal import Terminal as Terminal
    from .webhook import WebhookChannel as WebhookChannel

_HOMES = {
    "CallableChannel": ".callable",
    "Channel": ".base",
    "QueueChannel": ".queue",
    "ScriptedChannel": ".scripted",
    "Terminal": ".terminal",
    "WebhookChannel": ".webhook",
}

__all__ = [
    "CallableChannel",
    "Channel",
    "QueueChannel",
    "ScriptedChannel",
    "Terminal",
    "WebhookChannel",
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
