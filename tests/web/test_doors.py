"""Who comes in, and who does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent import ConfigError
from convagent.channels.web import TrustedProxy, new_token, serve, web_app
from convagent.channels.web.app import DOORS, PAGES
from convagent.channels.web.people import People
from tests.web.scene import SECRET, TOKENS, Scene, people

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PATHS = (
    *PAGES, *DOORS, "/events", "/static/inbox.css", "/static/inbox.js", "/static/../app.py", "/nowhere", "//", "/%00",
    "/request?id=run-1:1", "/run?id=run-1", "/audit?id=run-1", "/link?key=x.y", "/once?key=x", "/?who=all&after=%ff",
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_stranger_gets_nothing_whatever_they_ask_for(scene: Scene, method: str) -> None:
    """Without a session every path and method is 401, 403 or 404, and shows nothing of a request."""
    scene.asks()
    client = scene.client()
    for path in PATHS:
        for cookie in ("", "forged.forged"):
            page = client.request(method, path, headers={"cookie": f"x={cookie}", "origin": "http://127.0.0.1:8700"})
            assert page.status in (401, 403, 404), (method, path, page.status)
            assert "refund" not in page.text


def test_every_answer_has_the_headers(scene: Scene) -> None:
    """No page may be framed, sniffed, kept or named to others, and only our own script runs."""
    id, client = scene.asks(), scene.client("ada")
    for page in (client.get("/"), client.see(id), client.get("/nowhere"), scene.client().get("/"), client.get("/runs")):
        policy = page.headers["content-security-policy"]
        for rule in ("default-src 'none'", "script-src 'self';", "form-action 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"


def test_token_opens_a_session_when_it_is_somebodys(scene: Scene) -> None:
    """A session is a cookie that scripts cannot read and other sites do not send."""
    client = scene.client()
    assert client.post("/sign-in", token="cvi_wrong").status == 401
    page = client.post("/sign-in", token=f" {TOKENS['ada']} ")
    assert page.status == 303
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKENS["ada"].lower() not in cookie
    assert "ada" in client.get("/").text


def test_cookie_is_secure_when_the_inbox_is_served_by_https(make: Callable[..., Scene]) -> None:
    """By https, or behind a proxy that is, the cookie never goes out in the clear."""
    scene = make(origin="https://inbox.example.org")
    page = scene.client().post("/sign-in", token=TOKENS["ada"])
    assert "secure" in page.headers["set-cookie"].lower()


def test_changed_cookie_opens_nothing(scene: Scene) -> None:
    """A cookie with another name in it is nobody's."""
    client = scene.client("ada")
    ((name, value),) = client.cookies.items()
    for forged in (value[:-2], "x" + value[1:], value.replace(".", ""), value + "." + value, ""):
        assert scene.client().get("/", cookie=f"{name}={forged}").status == 401
    assert scene.client().get("/", cookie=f"{name}={value}").status == 200


def test_session_ends_by_signing_out_wherever_its_cookie_is(scene: Scene) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    client = scene.client("ada")
    ((name, value),) = client.cookies.items()
    form = client.get("/").form("/sign-out")
    assert client.post("/sign-out", **form.fields).status == 303
    assert scene.client().get("/", cookie=f"{name}={value}").status == 401


def test_session_ends_by_time_and_lasts_while_it_is_used(make: Callable[..., Scene]) -> None:
    """Twelve hours without a visit end it; visits prolong it."""
    now = [1_000_000.0]
    client = make(clock=lambda: now[0]).client("ada")
    for _ in range(4):
        now[0] += 7 * 3600
        assert client.get("/").status == 200
    now[0] += 12 * 3600
    assert client.get("/").status == 401


def test_session_ends_when_the_person_is_taken_out_of_the_file(make: Callable[..., Scene], tmp_path: Path) -> None:
    """The file is read again: gone persons, new tokens and new roles count at once; half a file changes nothing."""
    file = tmp_path / "people.json"
    file.write_text(json.dumps(people()), encoding="utf-8")
    client = make(people=file).client("ada")
    file.write_text("{", encoding="utf-8")
    assert client.get("/").status == 200
    other = {**people(), "ada": {"roles": ["clerk"], "token": people()["eve"]["token"]}}
    file.write_text(json.dumps(other), encoding="utf-8")
    assert client.get("/").status == 401


def test_sign_in_is_refused_after_ten_failures(make: Callable[..., Scene]) -> None:
    """From that address, for five minutes, even with the right token; others come in."""
    now = [1_000_000.0]
    scene = make(clock=lambda: now[0])
    client = scene.client()
    assert [client.post("/sign-in", token=f"guess {n}").status for n in range(11)] == [401] * 10 + [403]
    page = client.post("/sign-in", token=TOKENS["ada"])
    assert page.status == 403
    assert 0 < int(page.headers["retry-after"]) <= 300
    assert scene.client(peer="10.0.0.9").post("/sign-in", token=TOKENS["ada"]).status == 303
    now[0] += 301
    assert client.post("/sign-in", token=TOKENS["ada"]).status == 303


@pytest.mark.parametrize(
    ("peer", "header", "counted"),
    [
        ("10.0.0.7", [], "10.0.0.7"),
        ("10.0.0.7", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.7", ["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.7", ["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
        ("10.0.0.7", ["198.51.100.1, 203.0.113.5, 10.0.0.8"], "203.0.113.5"),
        ("10.0.0.7", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.0.0.7", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.0.0.7", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("::ffff:10.0.0.7", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.7", ["203.0.113.5, unknown"], "10.0.0.7"),
        ("10.0.0.7", ["203.0.113.5, "], "10.0.0.7"),
        ("192.168.0.2", ["203.0.113.5"], "192.168.0.2"),
        ("203.0.113.5", ["10.0.0.7"], "203.0.113.5"),
    ],
)
def test_attempts_are_counted_by_the_address_that_a_known_proxy_adds(
    make: Callable[..., Scene], peer: str, header: list[str], counted: str
) -> None:
    """The header is read from its end, as far as known proxies wrote it; what a visitor wrote there changes nothing."""
    scene = make(forwarded_from=["10.0.0.0/24"])
    client, token = scene.client(peer=peer), TOKENS["ada"]
    sent = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")]
    sent += [("x-forwarded-for", value) for value in header]
    tries = [client.request("POST", "/sign-in", headers=sent, content="token=guess").status for _ in range(11)]
    assert tries == [401] * 10 + [403]
    assert scene.client(peer=counted).post("/sign-in", token=token).status == 403
    assert scene.client(peer="192.0.2.1").post("/sign-in", token=token).status == 303


def test_a_forwarded_address_is_believed_of_nobody_when_no_proxy_is_named(make: Callable[..., Scene]) -> None:
    """Without the option a visitor who writes another address into each try is stopped all the same."""
    scene = make()
    client = scene.client()
    tries = [client.post("/sign-in", {"X-Forwarded-For": f"203.0.113.{n}"}, token="a guess").status for n in range(11)]
    assert tries == [401] * 10 + [403]


def test_one_time_link_opens_once_and_not_by_following_it(make: Callable[..., Scene]) -> None:
    """A scanner that follows the link does not use it up; the second press of the button opens nothing."""
    scene = make(people=None)
    path = scene.app.new_once("maria")
    client, other = scene.client(), scene.client()
    assert [other.get(path).status for _ in range(3)] == [200, 200, 200]
    form = client.get(path).form("/once")
    assert client.post("/once", **form.fields).status == 303
    assert "maria" in client.get("/").text
    assert other.post("/once", **form.fields).status == 401
    assert other.get(path).status == 401


def test_one_time_link_is_refused_when_there_are_people(scene: Scene) -> None:
    """Where a file says who comes in, nothing else does."""
    with pytest.raises(ConfigError, match="sign in with their tokens"):
        scene.app.new_once("maria")


def test_session_of_a_one_time_link_ends_when_people_are_named(make: Callable[..., Scene]) -> None:
    """A cookie of every role from before there was a people file opens nothing, though the secret is the same."""
    before = make(people=None)
    client = before.client()
    assert client.post("/once", **client.get(before.app.new_once("maria")).form("/once").fields).status == 303
    ((name, value),) = client.cookies.items()
    assert make().client().get("/", cookie=f"{name}={value}").status == 401


def test_proxy_header_is_believed_from_its_addresses_only(make: Callable[..., Scene]) -> None:
    """From elsewhere, twice, or with a name that the file has not, it opens nothing."""
    scene = make(proxy=TrustedProxy("X-Forwarded-User", ["10.0.0.0/8"]))
    inside, outside = scene.client(peer="10.1.2.3"), scene.client(peer="192.168.0.2")
    assert "ada" in inside.get("/", **{"X-Forwarded-User": "ada"}).text
    assert outside.get("/", **{"X-Forwarded-User": "ada"}).status == 401
    assert inside.get("/", **{"X-Forwarded-User": "mallory"}).status == 401
    twice = inside.request("GET", "/", headers=[("X-Forwarded-User", "ada"), ("X-Forwarded-User", "root")])
    assert twice.status == 401
    assert inside.get("/").status == 401


def test_form_of_a_proxied_person_is_bound_to_them(make: Callable[..., Scene]) -> None:
    """The proxy's own cookie may go along with a form of another site; the key of the form does not."""
    scene = make(proxy=TrustedProxy("X-Forwarded-User", ["10.0.0.7"]))
    id, client = scene.asks(), scene.client(peer="10.0.0.7")
    header = {"X-Forwarded-User": "ada"}
    form = client.get(f"/request?id={id}", **header).form("approve")
    assert client.post("/request", header, **{**form.fields, "form_key": ""}).status == 403
    assert client.post("/request", {"X-Forwarded-User": "bob"}, **form.fields).status == 403
    assert client.post("/request", header, **form.fields).status == 303


def test_other_host_names_are_refused_when_hosts_are_named(make: Callable[..., Scene]) -> None:
    """A foreign name that is made to lead to this machine shows nothing."""
    scene = make(hosts=("127.0.0.1", "localhost"))
    assert scene.client("ada").get("/").status == 200
    assert scene.client(base="http://evil.example").get("/").status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8700"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "", "origin": ""}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
    ],
)
def test_form_of_another_site_is_refused(scene: Scene, headers: dict[str, str], status: int) -> None:
    """Whatever it carries, even the right key: the browser says where it comes from."""
    id, client = scene.asks(), scene.client("ada")
    form = client.see(id).form("approve")
    assert client.post("/request", headers, **form.fields).status == status
    stored = scene.inbox.get(id)
    assert stored is not None
    assert stored.status == ("answered" if status == 303 else "open")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:8700.evil.example", 403),
        ("http://127.0.0.1:8700", 303),
    ],
)
def test_origin_decides_when_an_older_browser_says_nothing_else(scene: Scene, origin: str, status: int) -> None:
    """Without Sec-Fetch-Site the origin has to be the inbox itself."""
    id, client = scene.asks(), scene.client("ada")
    form = client.see(id).form("approve")
    sent = {"content-type": "application/x-www-form-urlencoded", "origin": origin}
    from urllib.parse import urlencode

    assert client.request("POST", "/request", content=urlencode(form.fields), headers=sent).status == status


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_other_kinds_of_body_are_refused(scene: Scene, kind: str) -> None:
    """Only a form is read as one."""
    id, client = scene.asks(), scene.client("ada")
    form = client.see(id).form("approve")
    assert client.post("/request", {"content-type": kind}, **form.fields).status == 415


def test_form_key_of_another_session_is_refused(scene: Scene) -> None:
    """A key that somebody else was shown is none."""
    id = scene.asks()
    other = scene.client("bob").see(id).form("approve").fields["form_key"]
    client = scene.client("ada")
    form = client.see(id).form("approve")
    for key in (other, "", "x", "\ud800", form.fields["form_key"] + "x"):
        sent = {**form.fields, "form_key": key.encode("utf-8", "replace").decode()}
        assert client.post("/request", **sent).status == 403
    assert client.post("/request", **form.fields).status == 303


def test_sign_in_goes_on_to_the_page_that_was_asked_for_and_to_no_other_site(scene: Scene) -> None:
    """A link from a mail carries no session along: the page that was meant is one press away."""
    id, client = scene.asks(), scene.client()
    assert "go on to the page" not in client.get(f"/request?id={id}").text
    page = client.get(f"/request?id={id}&x=<script>", **{"sec-fetch-site": "cross-site"})
    assert page.status == 401
    assert "go on to the page" in page.text
    form = page.form("/sign-in")
    assert (
        client.post("/sign-in", **{**form.fields, "token": TOKENS["ada"]})
        .headers["location"]
        .startswith("/request?id=")
    )
    for wrong in (
        "//evil.example/",
        "https://evil.example/",
        "/nowhere",
        "javascript:alert(1)",
        "/\\evil.example",
        "http://[",
    ):
        assert scene.client().post("/sign-in", token=TOKENS["ada"], to=wrong).headers["location"] == "/"


# ---------------------------------------------------------------- the people file, the server


def test_new_token_gives_a_line_for_the_file(tmp_path: Path) -> None:
    """The line lets the token in, with its roles, and does not hold it."""
    token, line = new_token("ada lovelace", ["clerk", 'the "boss"'])
    file = tmp_path / "people.toml"
    file.write_text(line + "\n", encoding="utf-8")
    found = People(file).with_token(token)
    assert found is not None
    assert (found.name, found.roles) == ("ada lovelace", ("clerk", 'the "boss"'))
    assert token not in line
    assert People(file).with_token(line.partition('"sha256:')[2][:64]) is None


@pytest.mark.parametrize(
    "content",
    ["ada = 5", "ada = { roles = 'clerk' }", "ada = { roles = ['clerk'], token = 'plain' }", "ada = { roles = [''] }",
     "ada = { roles = [], password = 'x' }", "not toml"],
)  # fmt: skip
def test_people_file_is_refused_when_it_is_wrong(tmp_path: Path, content: str) -> None:
    """The error names the file and what was expected, and shows no token."""
    file = tmp_path / "people.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"people\.toml"):
        People(file)


def test_serve_refuses_other_machines_when_it_knows_no_people(scene: Scene) -> None:
    """It says why, and what to do."""
    with pytest.raises(ConfigError, match="people="):
        serve(scene.inbox, "0.0.0.0")


def test_serve_refuses_a_port_that_there_is_not(scene: Scene) -> None:
    """It says which there are."""
    with pytest.raises(ConfigError, match="from 0 to 65535"):
        serve(scene.inbox, port=99_999)


def test_options_are_refused_when_they_are_wrong(scene: Scene) -> None:
    """A short secret, an origin with a path, a proxy without people."""
    for wrong in (
        {"secret": "short"},
        {"origin": "https://a.example/inbox"},
        {"proxy": TrustedProxy("x-user", ["10.0.0.1"])},
        {"forwarded_from": ["*"]},
        {"forwarded_from": ["0.0.0.0/0"]},
        {"forwarded_from": "10.0.0.1"},
    ):
        with pytest.raises(ConfigError):
            web_app(scene.inbox, **wrong)
    with pytest.raises(ConfigError):
        TrustedProxy("x-user", ["not an address"])
    assert SECRET not in repr(scene.app)
