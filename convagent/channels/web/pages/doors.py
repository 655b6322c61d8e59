"""Coming in and going: the sign-in page, one-time keys, signed links."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from ....human import Decision, Receipt, approve, reject, revise, stop, try_again
from ....journal.base import StoredRequest
from ..access import ONCE
from ..desk import Desk
from ..links import Link, link_of, unlinkable
from ..visit import Answer, Denied, Visit, Visitor, sent_to


def sign_in(desk: Desk, visit: Visit, problem: str = "") -> Answer:
    """Ask who is there. This is the answer to every visit of somebody unknown."""
    shown = {
        "title": "Sign in",
        "problem": problem,
        "takes_tokens": desk.access.takes_tokens,
        "on": _wanted(visit),
        "outside": visit.header("sec-fetch-site") == "cross-site",
    }
    return Answer("sign_in.html", shown, status=401)


_OPEN = ("/", "/request", "/runs", "/run", "/audit")
"""The pages to which somebody may be sent on."""


def _wanted(visit: Visit) -> str:
    """Return the address of the page that was asked for; after a form, the one that the form says."""
    if visit.method == "GET" and visit.path in _OPEN:
        query = urlencode([(name, value) for name, values in visit.query.items() for value in values], errors="replace")
        return _inside(f"{visit.path}?{query}" if query else visit.path)
    return _inside(visit.typed("to"))


def _inside(address: str) -> str:
    """Return an address of a page of ours; of any other, nothing."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if not parts.scheme and not parts.netloc and parts.path in _OPEN and address[:1] == "/" else ""


def signed_in(desk: Desk, visit: Visit) -> Answer:
    """Let somebody in who has a token."""
    desk.access.check_origin(visit)
    desk.access.attempts.check(desk.access.address(visit))
    person = desk.access.with_token(visit.typed("token").strip())
    if person is None:
        desk.access.attempts.failed(desk.access.address(visit))
        return sign_in(desk, visit, "This is nobody's token.")
    desk.access.attempts.worked(desk.access.address(visit))
    return sent_to(_wanted(visit) or "/", desk.access.session(person.name, "token"))


def signed_out(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Let a session end, wherever its cookie is."""
    desk.access.check_form(visit, visitor)
    desk.access.end(visitor)
    return sent_to("/", cookie="")


# ---------------------------------------------------------------- one-time keys


def once_asked(desk: Desk, visit: Visit) -> Answer:
    """Show a button: a program that only follows the link does not use it up."""
    desk.access.attempts.check(desk.access.address(visit))
    name = desk.access.once(visit.asked("key"))
    if not name:
        desk.access.attempts.failed(desk.access.address(visit))
        return sign_in(desk, visit, "This link was used already, or is not whole.")
    return Answer("once.html", {"title": "Sign in", "name": name, "key": visit.asked("key")})


def once_used(desk: Desk, visit: Visit) -> Answer:
    """Let the holder of a one-time key in."""
    desk.access.check_origin(visit)
    desk.access.attempts.check(desk.access.address(visit))
    name = desk.access.once(visit.typed("key"), use=True)
    if not name:
        desk.access.attempts.failed(desk.access.address(visit))
        return sign_in(desk, visit, "This link was used already, or is not whole.")
    return sent_to("/", desk.access.session(name, ONCE))


# ---------------------------------------------------------------- signed links


def link_asked(desk: Desk, visit: Visit) -> Answer:
    """Show what a link would decide, and a button. Nothing is decided."""
    link, visitor, stored = _linked(desk, visit.asked("key"))
    if stored.status != "open":
        return _used(desk, stored, visitor)
    return _confirm(desk, visit.asked("key"), link, visitor, stored)


def link_used(desk: Desk, visit: Visit) -> Answer:
    """Decide what a link says."""
    desk.access.check_origin(visit)
    key = visit.typed("key")
    link, visitor, stored = _linked(desk, key)
    if stored.status != "open":
        return _used(desk, stored, visitor)
    text = visit.typed("text").strip()
    if link.verb == "revise" and not text:
        return _confirm(desk, key, link, visitor, stored, "Say what is to be different.")
    receipt = desk.decide(stored.request, _decision(link, text), visitor, link.id, "link")
    if receipt.status == "invalid":
        return _confirm(desk, key, link, visitor, stored, receipt.problem)
    now = desk.inbox.get(stored.id) or stored
    return _said(desk, now, visitor, receipt)


def _linked(desk: Desk, key: str) -> tuple[Link, Visitor, StoredRequest]:
    link = link_of(desk.keys, key)
    if link is None:
        raise Denied(403, "This link is not whole, or was not made for this inbox. Nothing was decided.")
    if desk.clock() >= link.until:
        raise Denied(403, "This link has expired. Nothing was decided.")
    visitor = _holder(desk, link)
    stored = desk.inbox.get(link.request)
    if stored is None:
        raise Denied(404, "There is no such request any more. Nothing was decided.")
    if stored.request.level != link.level:
        raise Denied(403, "The question has gone on to others since this link was made. Nothing was decided.")
    if stored.status == "open" and unlinkable(stored.request, link.verb):
        raise Denied(403, "This link does not fit the question any more. Nothing was decided.")
    return link, visitor, stored


def _holder(desk: Desk, link: Link) -> Visitor:
    if desk.people is None:
        return Visitor(link.person, ("*",), "signed link")
    person = desk.access.person(link.person)
    if person is None:
        raise Denied(403, "Whom this link was made for is not among the people of this inbox. Nothing was decided.")
    return Visitor(person.name, person.roles, "signed link")


def _decision(link: Link, text: str) -> Decision:
    match link.verb:
        case "approve":
            return approve
        case "reject":
            return reject(text)
        case "revise":
            return revise(text)
        case "retry":
            return try_again
        case _:
            return stop(text) if text else stop()


def _confirm(desk: Desk, key: str, link: Link, visitor: Visitor, stored: StoredRequest, problem: str = "") -> Answer:
    one = desk.shown_to_answer(stored, visitor)
    shown = {"title": one.request.prompt[:80], "one": one, "link": link, "key": key, "problem": problem}
    return Answer("link.html", shown, status=422 if problem else 200)


def _used(desk: Desk, stored: StoredRequest, visitor: Visitor) -> Answer:
    return _said(desk, stored, visitor, Receipt("late", "Nothing was decided by this link now."))


def _said(desk: Desk, stored: StoredRequest, visitor: Visitor, receipt: Receipt) -> Answer:
    one = desk.shown(stored, visitor)
    status = 200 if receipt.status == "accepted" else 404 if receipt.status == "unknown" else 409
    return Answer("link_done.html", {"title": one.request.prompt[:80], "one": one, "receipt": receipt}, status=status)
