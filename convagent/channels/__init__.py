"""Ways to a person: at a terminal, by a function, a queue, a webhook, from a script.

    from convagent.channels import CallableChannel, QueueChannel, WebhookChannel

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import on_first_use

if TYPE_CHECKING:
    from .base import Channel as Channel
    from .callable import CallableChannel as CallableChannel
    from .kept_webhook import KeptWebhook as KeptWebhook
    from .queue import QueueChannel as QueueChannel
    from .scripted import ScriptedChannel as ScriptedChannel
    from .terminal import Terminal as Terminal
    from .webhook import WebhookChannel as WebhookChannel

_HOMES = {
    "CallableChannel": ".callable",
    "Channel": ".base",
    "KeptWebhook": ".kept_webhook",
    "QueueChannel": ".queue",
    "ScriptedChannel": ".scripted",
    "Terminal": ".terminal",
    "WebhookChannel": ".webhook",
}

__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
