"""Serve the web inbox: the home of uvicorn."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ..._reader import os_user
from ...errors import ConfigError, MissingExtra
from .app import WebInbox, web_app

if TYPE_CHECKING:
    from ...journal.inbox import Inbox

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LAST_PORT = 65535


def serve(
    inbox: Inbox, host: str = "127.0.0.1", port: int = 8700, *, tell: Callable[[str], object] = print, **options: Any
) -> None:
    """Serve the inbox until Ctrl-C.

    Without people it tells a link that lets its opener in, once and in every role, and serves this machine only.

    Args:
        inbox: whose requests are shown and answered.
        host: where it listens.
        port: 0: any that is free.
        tell: is told the address and the link, a line each.
        **options: those of `web_app`.

    Raises:
        ConfigError: an option is wrong, or other machines could reach an inbox that knows no people.
        MissingExtra: the extra `web` is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("the web inbox", "web") from None
    if not 0 <= port <= _LAST_PORT:
        raise ConfigError(f"port={port!r}: expected a number from 0 to {_LAST_PORT}")
    local = is_loopback(host)
    if not local and options.get("people") is None:
        raise ConfigError(
            f"host={host!r} is reached from other machines, and without people= nobody could be told from another; "
            "make a people file (convagent inbox token NAME --roles ...), or stay on 127.0.0.1"
        )
    if local and not options.get("hosts") and not options.get("origin"):
        options["hosts"] = _LOOPBACK  # a name that only now leads to this machine is somebody else's
    app = web_app(inbox, **options)
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", proxy_headers=False, server_header=False,
        timeout_graceful_shutdown=3, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip

    class Server(uvicorn.Server):
        """Tells where it is once it listens, and ends live updates before it waits for its connections."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                at = self.servers[0].sockets[0].getsockname()
                for line in _greeting(app, host, at[1], with_link=options.get("people") is None):
                    tell(line)

        async def shutdown(self, sockets: Any = None) -> None:
            app.close()
            await super().shutdown(sockets)

    try:
        Server(config).run()
    except KeyboardInterrupt:
        pass  # it ended as it was asked to, and uvicorn hands the signal on


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _greeting(app: WebInbox, host: str, port: int, *, with_link: bool) -> list[str]:
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if not with_link:
        return [f"The inbox is at {base}. People sign in with their tokens. Ctrl-C ends it."]
    link = base + app.new_once(os_user() or "local")
    return [f"The inbox is at {base}. Sign in, once, by this link:", f"  {link}", "Ctrl-C ends it."]
