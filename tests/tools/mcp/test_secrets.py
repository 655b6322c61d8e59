"""What a server was given to be let in: it gets it, and nobody else sees it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from convagent import MCPServer, secret
from convagent.errors import MCPUnavailable
from tests.tools.mcp.scene import agent, call, desk, ill, person, play

VALUE = "sk-live-12345678"


@pytest.mark.parametrize("given", [secret("DESK_TOKEN"), VALUE], ids=["secret", "plain"])
def test_server_gets_its_secret_and_nobody_else_sees_it(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not the model, not an event, not a journal, not a log, not a print, even if the server says it."""
    monkeypatch.setenv("DESK_TOKEN", VALUE)
    monkeypatch.chdir(tmp_path)
    seen: list[str] = []
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    with caplog.at_level(logging.DEBUG), desk(env={"TOKEN": given}) as server:
        bot, me = agent([server], call("environment", name="TOKEN")), person()
        me.initiate_chat(
            bot, message="go", max_turns=1, silent=True, journal=url, observers=[lambda e: seen.append(repr(e))]
        )
    name = "DESK_TOKEN" if given != VALUE else "TOKEN"
    assert bot.chat_messages[me][2]["content"] == f"TOKEN is [secret {name}]"
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert VALUE not in "\n".join([*seen, repr(server), caplog.text])
    assert VALUE.encode() not in kept


def test_plain_setting_is_no_secret() -> None:
    """What a folder or a mode is called is what results are about: only names that sound like secrets are hidden."""
    with desk(env={"FOLDER": "/srv/files"}) as server:
        assert play([server], call("environment", name="FOLDER")) == ["FOLDER is /srv/files"]


def test_servers_get_no_keys_of_this_process(monkeypatch: pytest.MonkeyPatch, shared: MCPServer) -> None:
    """Of the environment only a few harmless variables are handed on."""
    monkeypatch.setenv("OPENAI_API_KEY", VALUE)
    with desk("poor") as server:
        told = play([server], call("environment", name="OPENAI_API_KEY"), call("environment", name="PATH"))
    assert told[0] == "OPENAI_API_KEY is None"
    assert "bin" in told[1]


def test_secret_is_not_in_what_a_failed_start_says() -> None:
    """What the program wrote before it ended is shown without it."""
    with pytest.raises(MCPUnavailable) as raised:
        ill("complains", env={"TOKEN": VALUE}).list_tools()
    assert str(raised.value).endswith("no licence; my token is [secret TOKEN]")


def test_secret_that_is_not_set_is_named() -> None:
    """Nothing is started without it."""
    with pytest.raises(MCPUnavailable, match=r"MCP server 'desk' .*the secret 'DESK_TOKEN' is not set here"):
        desk(env={"TOKEN": secret("DESK_TOKEN")}).list_tools()


def test_headers_are_in_no_print() -> None:
    """Nor is what follows the host."""
    server: Any = MCPServer.http(f"https://example.com/{VALUE}?key={VALUE}", headers={"X-Key": VALUE})
    assert repr(server) == "MCPServer('example.com', https://example.com)"
    assert VALUE not in repr(server.tools(only=["a"]))
