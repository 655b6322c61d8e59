"""`convagent inbox serve | token`: the inbox in a browser, and who may sign in there."""

from __future__ import annotations

import os
from typing import Any

from ..errors import ConfigError
from ..journal import Inbox
from . import Say
from .journals import opened
from .parsers import PEOPLE, SECRET


def serve(options: Any, say: Say) -> int:
    """Serve the inbox until Ctrl-C.

    Raises:
        ConfigError: an option is wrong.
        MissingExtra: the extra `web` is not installed.
        JournalError: the journal cannot be used.
    """
    from ..channels.web import serve as served

    given = _given(options)
    with opened(options) as journal:
        try:
            served(Inbox(journal), options.host, options.port, tell=say, **given)
        except KeyboardInterrupt:
            say("The inbox is closed.")
        except SystemExit:  # the server could not begin, and has said why
            return 1
    return 0


def _given(options: Any) -> dict[str, Any]:
    if bool(options.proxy_header) != bool(options.proxy_from):
        raise ConfigError("--proxy-header and --proxy-from belong together: which header, and whose is believed")
    given: dict[str, Any] = {"secret": os.environ.get(SECRET, ""), "origin": options.origin.rstrip("/")}
    if people := options.people or os.environ.get(PEOPLE, ""):
        given["people"] = people
    if options.operators:
        given["operators"] = options.operators
    if options.forwarded_from:
        given["forwarded_from"] = options.forwarded_from
    if options.proxy_header:
        from ..channels.web import TrustedProxy

        given["proxy"] = TrustedProxy(options.proxy_header, options.proxy_from)
    return given


def token(options: Any, say: Say) -> int:
    """Print a new token, and the line of the people file that lets it in.

    Raises:
        ConfigError: the name or a role is none.
    """
    from ..channels.web.people import new_token

    roles = [role for given in options.roles for role in given.split(",") if role]
    made, line = new_token(options.name, roles)
    say(f"Give this to {options.name}; it is shown only now:")
    say(f"  {made}")
    say("Put this line into the people file:")
    say(f"  {line}")
    return 0
