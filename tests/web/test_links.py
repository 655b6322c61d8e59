"""Links that decide by one press of a button, and by nothing less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConfigError
from convagent.channels.web import decision_link
from convagent.channels.web.keys import Keys
from convagent.human import HumanRequest, approve, reject
from tests.web.scene import ACCOUNT, SECRET, Scene

BASE = "http://127.0.0.1:8700"


def request_of(scene: Scene, id: str) -> HumanRequest:
    stored = scene.inbox.get(id)
    assert stored is not None
    return stored.request


def link(scene: Scene, id: str, verb: Any = "approve", person: str = "ada", **options: Any) -> str:
    """Return the path of a link."""
    return decision_link(BASE, SECRET, request_of(scene, id), verb, person, **options).removeprefix(BASE)


def test_link_decides_once_and_only_by_its_button(scene: Scene) -> None:
    """A mail scanner follows it, as often as it likes, and decides nothing; the second press is told so."""
    id = scene.asks()
    path, client = link(scene, id), scene.client()
    for method in ("GET", "HEAD", "GET"):
        assert client.request(method, path).status == 200
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]
    page = client.get(path)
    assert "refund 1250 EUR to **********" in page.text
    assert ACCOUNT not in page.text
    form = page.form("/link")
    assert client.post("/link", **form.fields).status == 200
    stored = scene.inbox.get(id)
    assert stored is not None
    assert stored.reply is not None
    assert (stored.reply.decision, stored.reply.by, stored.reply.authenticated) == (approve, "ada", "signed link")
    assert client.post("/link", **form.fields).status == 409
    assert client.get(path).status == 409


def test_link_is_no_session(scene: Scene) -> None:
    """Who holds a link sees that question, and nothing else."""
    client, path = scene.client(), link(scene, scene.asks())
    page = client.get(path)
    assert page.status == 200
    assert "set-cookie" not in page.headers
    assert client.get("/").status == 401


def test_link_takes_a_reason_when_it_rejects(scene: Scene) -> None:
    """On the page before the button."""
    id = scene.asks()
    form = scene.client().get(link(scene, id, "reject")).form("/link")
    scene.client().post("/link", **{**form.fields, "text": "not now"})
    assert scene.inbox.get(id).reply.decision == reject("not now")  # type: ignore[union-attr]


def test_link_is_worth_nothing_when_it_was_changed_or_signed_by_others(scene: Scene) -> None:
    """403, and nothing is decided."""
    id, client = scene.asks(), scene.client()
    key = link(scene, id).partition("key=")[2]
    body, _, mac = key.partition(".")
    other = "another secret of more than thirty-two characters"
    session = Keys(SECRET).seal("session", {"r": id, "l": 0, "v": "approve", "p": "ada", "t": 9e12, "n": "x"})
    foreign = decision_link(
        BASE, "another secret of more than thirty-two characters", request_of(scene, id), "approve", "ada"
    )
    for wrong in (
        body,
        f"{body}.",
        f"{body}x.{mac}",
        f"{body}.{mac[:-1]}",
        session,
        foreign.partition("key=")[2],
        "é.é",
        "",
    ):
        assert client.get(f"/link?key={wrong}").status == 403
        assert client.post("/link", key=wrong).status == 403
    assert Keys(other).opened("link", key) is None
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_link_ends_with_its_time_or_with_the_deadline(make: Callable[..., Scene]) -> None:
    """Whichever comes first."""
    now = [2_000_000_000.0]
    scene = make(clock=lambda: now[0])
    id = scene.asks(within=None, deadline=None)
    path = link(scene, id, expires="1h", now=lambda: now[0])
    client = scene.client()
    assert client.get(path).status == 200
    now[0] += 3600
    assert client.get(path).status == 403
    from dataclasses import replace

    due = replace(request_of(scene, id), deadline=now[0] + 60)
    short = decision_link(BASE, SECRET, due, "approve", "ada", "7d", now=lambda: now[0]).removeprefix(BASE)
    assert client.get(short).status == 200
    now[0] += 60
    assert client.get(short).status == 403


def test_link_of_a_level_is_worth_nothing_at_the_next(scene: Scene) -> None:
    """The clerk's link does not decide for the manager."""
    from dataclasses import replace

    id = scene.asks()
    before = replace(request_of(scene, id), level=4)
    path = decision_link(BASE, SECRET, before, "approve", "ada").removeprefix(BASE)
    assert scene.client().get(path).status == 403
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_link_is_for_its_person_with_the_roles_they_have_now(scene: Scene) -> None:
    """Somebody without the role sees the question and no button; somebody unknown sees nothing."""
    id, client = scene.asks(), scene.client()
    page = client.get(link(scene, id, person="eve"))
    assert page.status == 200
    assert "this is for clerk" in page.text
    assert page.forms == []
    key = link(scene, id, person="eve").partition("key=")[2]
    assert client.post("/link", key=key).status == 422
    assert client.get(link(scene, id, person="mallory")).status == 403
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_link_gives_one_vote_when_several_must_approve(scene: Scene) -> None:
    """The same person's second link is no second vote."""
    id, client = scene.asks(need=2), scene.client()
    first, second = link(scene, id), link(scene, id)
    assert client.post("/link", **client.get(first).form("/link").fields).status == 200
    key = second.partition("key=")[2]
    assert client.post("/link", key=key).status == 409
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]
    theirs = client.get(link(scene, id, person="bob")).form("/link")
    assert client.post("/link", **theirs.fields).status == 200
    assert scene.inbox.get(id).status == "answered"  # type: ignore[union-attr]


def test_link_button_of_another_site_decides_nothing(scene: Scene) -> None:
    """A page that knows the link cannot press its button unseen."""
    id, client = scene.asks(), scene.client()
    form = client.get(link(scene, id)).form("/link")
    assert client.post("/link", {"sec-fetch-site": "cross-site"}, **form.fields).status == 403
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_link_is_refused_when_a_button_is_not_enough(scene: Scene) -> None:
    """Forms, edits and texts belong to the page of the request."""
    request = request_of(scene, scene.asks())
    form = request_of(scene, scene.asks(options=("a", "b"), offers=()))
    words = request_of(scene, scene.asks(decisions=(), action=None, schema=None, offers=()))
    for wrong, verb in ((request, "edit"), (request, "revise"), (form, "approve"), (words, "approve")):
        with pytest.raises(ConfigError, match="verb="):
            decision_link(BASE, SECRET, wrong, verb, "ada")  # type: ignore[arg-type]
    for base, secret, person in (
        ("ftp://x", SECRET, "ada"),
        (BASE, "", "ada"),
        (BASE, SECRET, ""),
        (BASE, "short", "ada"),
    ):
        with pytest.raises(ConfigError):
            decision_link(base, secret, request, "approve", person)
