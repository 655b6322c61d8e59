"""The inbox in a browser: who waits for a person, what about, and the answer.

    from convagent.channels.web import serve

    serve(inbox, port=8700)

It needs the extra `web`. Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import WebInbox as WebInbox
    from .app import web_app as web_app
    from .links import decision_link as decision_link
    from .people import new_token as new_token
    from .proxy import TrustedProxy as TrustedProxy
    from .server import serve as serve

_HOMES = {
    "TrustedProxy": ".proxy",
    "WebInbox": ".app",
    "decision_link": ".links",
    "new_token": ".people",
    "serve": ".server",
    "web_app": ".app",
}

__all__ = ["TrustedProxy", "WebInbox", "decision_link", "new_token", "serve", "web_app"]


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
