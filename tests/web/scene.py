"""An inbox with people in it, and a browser without scripts to look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from convagent.action import Action
from convagent.channels.web import WebInbox, new_token, web_app
from convagent.events import Event, InputRequestEvent, RunStarted, TextEvent, stamp
from convagent.human import HumanRequest, Offer
from convagent.journal.base import Batch, NewRequest, NewRow
from convagent.journal.inbox import Inbox
from convagent.journal.sqlite import SQLiteJournal
from convagent.serde import write_body

SECRET = "a secret of more than thirty-two characters"
PEOPLE = {"ada": ("clerk",), "bob": ("clerk", "manager"), "eve": ("guest",), "olga": ("operator",), "root": ("*",)}
TOKENS = {name: new_token(name, roles)[0] for name, roles in PEOPLE.items()}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "order": {"type": "string"},
        "amount": {"type": "number", "minimum": 0, "maximum": 5000},
        "method": {"enum": ["card", "bank"]},
        "account": {"type": "string", "x-secret": True},
        "items": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["order", "amount"],
}
ACCOUNT = "DE89370400440532013000"
ARGUMENTS = {"order": "A-1", "amount": 1250, "method": "card", "account": ACCOUNT, "items": ["lamp"]}


def people() -> dict[str, dict[str, Any]]:
    """Return the people as the file has them."""
    from convagent.channels.web.people import hashed

    return {name: {"roles": list(roles), "token": hashed(TOKENS[name])} for name, roles in PEOPLE.items()}


def refund(id: str = "run-1:1", **changes: Any) -> HumanRequest:
    """Return a question of a policy about a tool call."""
    action = Action("tool", "bot", "refund", ARGUMENTS, run_id=id.partition(":")[0], risk="high", impact="1,250 EUR")
    values: dict[str, Any] = {
        "prompt": "May bot call refund?",
        "agent": "bot",
        "moment": "decision",
        "decisions": ("approve", "edit", "reject", "respond", "stop"),
        "to": ("clerk",),
        "action": action,
        "preview": f"refund 1250 EUR to {ACCOUNT}",
        "because": "amount > 1000",
        "offers": (Offer("exact", "these very arguments"), Offer("clause", "amount > 1000")),
        "schema": SCHEMA,
    }
    return HumanRequest(id, **{**values, **changes})


def text(sender: str, recipient: str, words: str) -> TextEvent:
    """Return a message as an event."""
    return TextEvent(message={"role": "user", "content": words}, sender=sender, recipient=recipient)


class Scene:
    """A journal in a file, its inbox, and the application."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.journal = SQLiteJournal(folder / "runs.db")
        self.inbox = Inbox(self.journal)
        self.app: WebInbox = web_app(self.inbox, **{"people": people(), "secret": SECRET, **options})
        self._clients: list[Client] = []
        self._runs = count(1)

    def ask(self, request: HumanRequest, *events: Event, **spec: Any) -> str:
        """Let a run ask, and wait; return the request's id. What else it was begun with may be named."""
        run = request.id.partition(":")[0]
        asked = [RunStarted(agents=("customer", "bot")), *events, InputRequestEvent(request=request, agent="bot")]
        rows: list[NewRow] = []
        for seq, event in enumerate(asked, 1):
            stamp(event, run, seq, self.journal.now())
            rows.append(NewRow(run, seq, f"1/{seq}", self.journal.now(), write_body(event)))
        claim = self.journal.begin(run, {"agents": ["bot"], **spec}, ["bot"], "test", 60)
        asks = [NewRequest(run, "1/ask", request)]
        assert self.journal.append(claim, Batch(rows=rows, requests=asks, status="waiting"))
        return request.id

    def goes_on(self, request: HumanRequest) -> None:
        """Let a question be escalated, once: its run asks it at the next level."""
        if self.inbox.escalate(request.id, "olga", level=request.level - 1).status == "accepted":
            (claim,) = self.journal.claim_ready("test", {"bot"}, 60)
            asks = [NewRequest(claim.run, "1/ask", request)]
            assert self.journal.append(claim, Batch(requests=asks, status="waiting"))

    def asks(self, **changes: Any) -> str:
        """Let a run of its own ask the usual question, with changes."""
        return self.ask(refund(f"run-{next(self._runs)}:1", **changes), text("customer", "bot", "My lamp is broken."))

    def client(self, name: str = "", **options: Any) -> Client:
        """Return a browser, signed in if a name is given."""
        client = Client(self.app, **options)
        self._clients.append(client)
        if name:
            assert client.post("/sign-in", token=TOKENS[name]).status == 303
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.app.close()
        self.journal.close()


@dataclass
class Form:
    """A form as a page has it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Finds the forms of a page with what stands in them, as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if not self.forms or (tag != "option" and "name" not in given):
            return
        form, name = self.forms[-1], given.get("name", "")
        match tag:
            case "input" if given.get("type") in ("radio", "checkbox"):
                form.choices.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    form.fields[name] = given.get("value", "on")
            case "input":
                form.fields[name] = given.get("value", "")
            case "button":
                form.buttons.append((name, given.get("value", "")))
            case "textarea":
                self._area, form.fields[name] = name, ""
            case "select":
                self._select = name
            case "option" if self._select is not None:
                form.choices.setdefault(self._select, []).append(given.get("value", ""))
                if "selected" in given or self._select not in form.fields:
                    form.fields[self._select] = given.get("value", "")
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            fields = self.forms[-1].fields
            fields[self._area] = fields[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = None
        if tag == "select":
            self._select = None


@dataclass
class Page:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, verb: str) -> Form:
        """Return the form of a verb, or the one that goes to an address."""
        return next(f for f in self.forms if f.fields.get("verb") == verb or f.action == verb)


class Client:
    """A browser without scripts: cookies, pages and forms."""

    def __init__(self, app: Any, *, base: str = "http://127.0.0.1:8700", peer: str = "127.0.0.1") -> None:
        self._runner = asyncio.Runner()
        self._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app, client=(peer, 1234)), base_url=base)
        self.base = base

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    @property
    def cookies(self) -> Any:
        return self._http.cookies

    def request(self, method: str, path: str, **options: Any) -> Page:
        found = self._runner.run(self._http.request(method, path, **options))
        return Page(found.status_code, found.text, found.headers)

    def get(self, path: str, **headers: str) -> Page:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, headers: Mapping[str, str] | None = None, **fields: str | Sequence[str]) -> Page:
        """Send a form as a browser does from a page of the inbox."""
        sent = {
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
            "origin": "null",  # what browsers say under `Referrer-Policy: no-referrer`
            **(headers or {}),
        }
        return self.request("POST", path, content=urlencode(fields, doseq=True), headers=sent)

    def see(self, id: str) -> Page:
        """Return the page of a request."""
        return self.get(f"/request?id={quote(id, safe='')}")

    def answer(self, id: str, verb: str, **typed: str) -> Page:
        """Fill in the form of a verb as it stands on the page, and send it."""
        form = self.see(id).form(verb)
        return self.post(form.action, **{**form.fields, **typed})
