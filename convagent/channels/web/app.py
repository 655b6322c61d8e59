"""The web inbox as an ASGI application: the home of starlette.

Every visit goes one way: who is there, which page, its answer, and the headers that all answers have. Who is
unknown gets the sign-in page (401), whatever they ask for; only the doors, where somebody shows a token, a
one-time key or a signed link, are open to them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from ...duration import Duration, seconds
from ...errors import ConfigError, JournalError, MissingExtra
from ..asgi import Gone, Receive, Refused, Scope, Send, read_body
from .access import Access
from .desk import Desk
from .keys import Keys
from .live import Live
from .pages import doors, request, requests, runs
from .people import People
from .proxy import Forwarded, TrustedProxy
from .templates import Templates
from .visit import Answer, Denied, Visit, Visitor

if TYPE_CHECKING:
    from ...journal.inbox import Inbox

try:
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
except ImportError:
    raise MissingExtra("the web inbox", "web") from None

_LARGEST, _LARGEST_UNKNOWN = 1_000_000, 16_000
_SLOWEST = 10.0
_MOST_FIELDS = 2_000

Page = Callable[[Desk, Visit, Visitor], Answer]
Door = Callable[[Desk, Visit], Answer]

PAGES: Mapping[str, Mapping[str, Page]] = {
    "/": {"GET": requests.listed},
    "/batch": {"POST": requests.batch},
    "/request": {"GET": request.shown, "POST": request.answered},
    "/runs": {"GET": runs.listed},
    "/run": {"GET": runs.shown, "POST": runs.steered},
    "/audit": {"GET": runs.audited},
    "/sign-out": {"POST": doors.signed_out},
}
DOORS: Mapping[str, Mapping[str, Door]] = {
    "/sign-in": {"POST": doors.signed_in},
    "/once": {"GET": doors.once_asked, "POST": doors.once_used},
    "/link": {"GET": doors.link_asked, "POST": doors.link_used},
}


class WebInbox:
    """The inbox in a browser, as an ASGI application. Made by `web_app`."""

    def __init__(self, desk: Desk, hosts: Sequence[str]) -> None:
        self._desk, self._hosts = desk, frozenset(hosts)
        self._templates = Templates()
        self._live = Live(desk.inbox)

    def new_once(self, name: str) -> str:
        """Return the path of a link that lets somebody in once, in every role.

        Raises:
            ConfigError: there is a people file, and it alone says who comes in.
        """
        if self._desk.people is not None:
            raise ConfigError("where there are people, they sign in with their tokens; there are no one-time links")
        return f"/once?key={self._desk.access.new_once(name)}"

    def close(self) -> None:
        """Let live updates end, so that a server can shut down. From any thread."""
        self._live.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI lays down."""
        match scope["type"]:
            case "http":
                response = await self._response(Request(scope, receive), receive)
                if response is not None:
                    await response(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    # ------------------------------------------------------------ one visit

    async def _response(self, found: Request, receive: Receive) -> Response | None:
        visit, visitor = Visit(found.method, found.scope["path"]), None
        try:
            visit = _visit(found, {})
            if self._hosts and (urlsplit(f"//{visit.header('host') or ''}").hostname or "") not in self._hosts:
                raise Denied(403, "This inbox is not served under this name.")
            visitor = self._desk.access.visitor(visit)
            if visitor is not None and visit.method == "GET" and visit.path == "/events":
                return self._stream(visit)
            if visitor is not None and visit.method == "GET" and visit.path.startswith("/static/"):
                return self._static(visit.path)
            if visit.method == "POST":
                known = visitor is not None
                body = await read_body(receive, dict(found.headers), _LARGEST if known else _LARGEST_UNKNOWN, _SLOWEST)
                visit = _visit(found, _fields(body, found.headers.get("content-type", "")))
            answer = await asyncio.to_thread(self._answer, visit, visitor)
        except Gone:
            return None  # nobody is there to be answered
        except Refused as refused:
            answer = _error(visitor, refused.status, str(refused), refused.headers)
        except Denied as denied:
            answer = _error(visitor, denied.status, str(denied), denied.headers)
        return await asyncio.to_thread(self._written, answer, visit, visitor)

    def _answer(self, visit: Visit, visitor: Visitor | None) -> Answer:
        """Find the page of a visit and its answer, in a thread: journals wait for disks and databases."""
        try:
            door = DOORS.get(visit.path, {}).get(visit.method)
            if door is not None:
                return door(self._desk, visit)
            if visitor is None:
                return doors.sign_in(self._desk, visit)
            page = PAGES.get(visit.path, {}).get(visit.method)
            if page is not None:
                return page(self._desk, visit, visitor)
        except JournalError as error:
            return _error(visitor, 503, f"{_AWAY if visit.method == 'POST' else _SHUT}: {error}")
        allowed = {**PAGES, **DOORS}.get(visit.path)
        if allowed is not None:
            return _error(visitor, 405, "This page cannot be used so.", {"allow": ", ".join(allowed)})
        return _error(visitor, 404, "There is no such page.")

    # ------------------------------------------------------------ what is sent

    def _written(self, answer: Answer, visit: Visit, visitor: Visitor | None) -> Response:
        headers = dict(answer.headers)
        body = b""
        if answer.to:
            headers["location"] = answer.to
        else:
            body = self._templates.page(answer.page, {**self._common(visit, visitor, answer.status), **answer.shown})
        response = Response(body, answer.status, headers, "text/html; charset=utf-8" if body else None)
        response.headers.update(_HEADERS)
        response.headers["content-security-policy"] = _POLICY.format(self._templates.style_hash)
        self._keep_session(response, answer, visit, visitor)
        return response

    def _common(self, visit: Visit, visitor: Visitor | None, status: int) -> dict[str, object]:
        """Return what every page shows. That the journal cannot be used is said without asking it for the time."""
        return {
            "visitor": visitor,
            "path": visit.path,
            "now": self._desk.clock() if visitor is None or status == 503 else self._desk.now(),
            "form_key": "" if visitor is None else self._desk.access.form_key(visitor),
            "proxied": visitor is not None and visitor.authenticated == "proxy",
        }

    def _keep_session(self, response: Response, answer: Answer, visit: Visit, visitor: Visitor | None) -> None:
        access = self._desk.access
        cookie = answer.cookie
        if cookie is None and visitor is not None and visitor.authenticated != "proxy":
            cookie = access.renewed(visit)
        if cookie is None:
            return
        secure = visit.secure or access.is_https
        response.set_cookie(
            access.cookie, cookie, max_age=int(access.lasts) if cookie else 0, httponly=True, samesite="strict",
            secure=secure, path="/",
        )  # fmt: skip

    def _static(self, path: str) -> Response:
        found = self._templates.static(path.removeprefix("/static/"))
        if found is None:
            raise Denied(404, "There is no such file.")
        text, kind = found
        # Its address changes with its content.
        return Response(
            text, headers={**_HEADERS, "cache-control": "private, max-age=86400, immutable"}, media_type=kind
        )

    def _stream(self, visit: Visit) -> Response:
        still = lambda: self._desk.access.visitor(visit) is not None  # noqa: E731 - one question, asked again
        headers = {**_HEADERS, "x-accel-buffering": "no"}
        return StreamingResponse(self._live.stream(still), headers=headers, media_type="text/event-stream")


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{}'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


def _visit(found: Request, form: Mapping[str, Sequence[str]]) -> Visit:
    headers: dict[str, list[str]] = {}
    for name, value in found.headers.items():
        headers.setdefault(name, []).append(value)
    method = "GET" if found.method == "HEAD" else found.method
    query = found.scope.get("query_string", b"").decode("latin-1")
    return Visit(
        method, found.scope["path"], _parsed(query), form, headers, found.cookies,
        found.client.host if found.client else "", found.url.scheme == "https",
    )  # fmt: skip


def _fields(body: bytes, kind: str) -> Mapping[str, Sequence[str]]:
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Denied(415, "Expected a form of this inbox.")
    return _parsed(body.decode("latin-1"))


def _parsed(text: str) -> Mapping[str, Sequence[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError:
        raise Denied(400, "The form has too many fields.") from None


_SHUT = "The journal cannot be used just now"
_AWAY = f"{_SHUT}. Go back and hand it in again later; if it counts already, it counts once"


def _error(visitor: Visitor | None, status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    if visitor is None and status not in (401, 403, 404, 503):
        status = 403  # who is unknown learns nothing of what there is
    return Answer(
        "error.html", {"title": _WORDS.get(status, "It did not work"), "text": text}, status, headers=headers or {}
    )


_WORDS = {
    400: "That cannot be read",
    403: "Not allowed",
    404: "Not here",
    405: "Not possible",
    409: "It has changed",
    413: "Too much",
    422: "Something is missing",
    503: "Not just now",
}


# ---------------------------------------------------------------- making one


def web_app(
    inbox: Inbox,
    *,
    people: str | PathLike[str] | Mapping[str, Any] | None = None,
    secret: str = "",
    origin: str = "",
    proxy: TrustedProxy | None = None,
    forwarded_from: Sequence[str] = (),
    operators: Sequence[str] = ("operator",),
    hosts: Sequence[str] = (),
    session: Duration = "12h",
    clock: Callable[[], float] = time.time,
) -> WebInbox:
    """Return the inbox as an ASGI application, for any server.

    Args:
        inbox: whose requests are shown and answered.
        people: a file of names, roles and hashed tokens, or its content; None: only one-time links let somebody in.
        secret: at least 32 characters that sign sessions and links; empty: random, so that both end with the process.
        origin: its public address, such as ``https://inbox.example.org``; empty: as the browser names it.
        proxy: a proxy that signs people in.
        forwarded_from: addresses of proxies whose X-Forwarded-For says from where somebody tries to sign in; none:
            everybody behind a proxy has its address, and its ten failures in five minutes.
        operators: the roles that may pause, stop and talk to runs; `*` has every role.
        hosts: the names under which it is served; empty: any.
        session: how long a session lasts without a visit.
        clock: the time in seconds since the epoch.

    Raises:
        ConfigError: an argument is wrong.
        MissingExtra: the extra `web` is not installed.
    """
    known = None if people is None else People(people)
    if proxy is not None and known is None:
        raise ConfigError("a trusted proxy says who somebody is; people= says what they may do, and is missing")
    parts = urlsplit(origin)
    if origin and (parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"):
        raise ConfigError(f"origin={origin!r}: expected an address without a path, such as https://inbox.example.org")
    keys = Keys(secret)
    access = Access(keys, known, proxy, Forwarded(forwarded_from), origin, seconds(session, "session"), clock)
    return WebInbox(Desk(inbox, access, keys, known, frozenset(operators), clock), hosts)
