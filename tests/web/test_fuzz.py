"""Whatever is sent, the answer is one of those that are meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convagent.channels.web.app import DOORS, PAGES
from tests.web.scene import Client, Scene

# The same cases in each run: a failure is found again, and nothing is kept on disk.
HOUSE = settings(
    derandomize=True, deadline=None, database=None, max_examples=80, suppress_health_check=list(HealthCheck)
)

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["run-1:1", "run-1", "", "\x00", "\ud800", "../..", "%", "9" * 5000, "<b>", "all"]
)
NAMES = st.sampled_from(
    ["id", "stamp", "verb", "text", "always", "lasts", "option", "chosen", "decision_id", "after", "who", "end", "done",
     "action", "key", "token", "to", "f0", "f1", "f4"]
)  # fmt: skip
VERBS = st.sampled_from(["approve", "edit", "reject", "respond", "revise", "retry", "stop", "answer", "escalate", "x"])
FIELDS = st.dictionaries(NAMES, TEXTS, max_size=6)
PATHS = st.sampled_from([*PAGES, *DOORS, "/static/inbox.css"]) | st.text(max_size=12).map(lambda text: "/" + text)
MEANT = {200, 303, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422}


def encoded(fields: dict[str, str]) -> str:
    return urlencode(fields, errors="replace")


class Desk:
    """An inbox that is asked again whenever its question is answered."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder)
        self.client: Client = self.scene.client("root")
        self.key = ""
        self.again()

    def again(self) -> None:
        self.id = self.scene.asks()
        form = self.client.see(self.id).form("approve")
        self.key, self.stamp = form.fields["form_key"], form.fields["stamp"]

    def send(self, fields: dict[str, str]) -> Any:
        body = {"form_key": self.key, "id": self.id, "stamp": self.stamp, **fields}
        return self.client.request(
            "POST", "/request", content=encoded(body), headers={"content-type": "application/x-www-form-urlencoded"}
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = Desk(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.scene.close()


@HOUSE
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD"]), PATHS, FIELDS, FIELDS)
def test_no_visit_is_a_failure_of_ours(
    desk: Desk, method: str, path: str, query: dict[str, str], form: dict[str, str]
) -> None:
    """Any path, query and form of somebody signed in: never a 500."""
    if path == "/sign-out":
        form = {**form, "form_key": "wrong"}
    body = encoded({"form_key": desk.key, **form}) if method == "POST" else None
    address = f"{quote(path, safe='/', errors='replace')}?{encoded(query)}"
    headers = {"content-type": "application/x-www-form-urlencoded"} if body is not None else {}
    assert desk.client.request(method, address, content=body, headers=headers).status in MEANT


@HOUSE
@given(VERBS, st.dictionaries(NAMES.filter(lambda name: name not in ("id", "stamp", "verb")), TEXTS, max_size=6))
def test_no_answer_is_a_failure_of_ours(desk: Desk, verb: str, fields: dict[str, str]) -> None:
    """Any form for a request that waits: it counts, or it is told why not."""
    status = desk.send({**fields, "verb": verb}).status
    assert status in {303, 409, 422}
    stored = desk.scene.inbox.get(desk.id)
    assert stored is not None
    assert (stored.status == "open") == (status != 303)
    if status == 303:
        desk.again()


@HOUSE
@given(st.binary(max_size=200), st.sampled_from(["/request", "/batch", "/run", "/sign-in", "/link", "/once"]))
def test_no_bytes_are_a_failure_of_ours(desk: Desk, body: bytes, path: str) -> None:
    """Bodies that are no form at all."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert desk.client.request("POST", path, content=body, headers=headers).status in MEANT


def test_body_is_refused_when_it_is_too_large_or_has_too_many_fields(desk: Desk) -> None:
    """413 and 400 for who is signed in; 403 for who is not."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    large, many = b"text=" + b"x" * 2_000_000, b"&".join(b"a=1" for _ in range(5000))
    assert desk.client.request("POST", "/request", content=large, headers=headers).status == 413
    assert desk.client.request("POST", "/request", content=many, headers=headers).status == 400
    stranger = desk.scene.client()
    assert stranger.request("POST", "/sign-in", content=large, headers=headers).status == 403
    assert stranger.request("POST", "/sign-in", content=many, headers=headers).status == 403


def test_query_is_refused_when_it_has_too_many_fields(desk: Desk) -> None:
    """Before it is even looked at who is there."""
    many = "&".join("a=1" for _ in range(5000))
    assert desk.client.request("GET", f"/?{many}").status == 403
