"""An MCP server over streamable HTTP, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from convagent import ConversableAgent, MCPServer, ScriptedModel
from convagent.errors import MCPError, MCPUnavailable
from tests.channels.loopback import served
from tests.tools.mcp.scene import agent, call, person, play
from tests.tools.mcp.server import made

TOKEN = "Bearer sk-live-12345678"


@contextmanager
def serving(token: str = "", port: int = 0) -> Iterator[str]:
    """Serve the server of these tests, to those who bring the token, and yield its address."""
    app = made().streamable_http_app()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"").decode()
        if scope["type"] == "http" and given != token:
            said = b"who is " + given.encode()
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": said})
            return
        await app(scope, receive, send)

    with served(guarded if token else app, port) as url:
        yield f"{url}/mcp"


def test_server_over_http_serves_calls_with_its_headers() -> None:
    """Every request brings the headers, and results come as over stdio."""
    with serving(TOKEN) as url, MCPServer.http(url, headers={"Authorization": TOKEN}) as server:
        assert play([server.tools(only=["add", "report"])], call("add", a=1, b=2), call("report"))[0] == "3"


def test_refused_header_is_an_error_that_does_not_quote_it() -> None:
    """The status is told, the header and what follows the host are not."""
    with (
        serving(TOKEN) as url,
        MCPServer.http(f"{url}?key=sk-other-1", headers={"Authorization": "Bearer sk-wrong-1"}) as server,
        pytest.raises(MCPError, match=r"did not start.*it answered HTTP 401") as raised,
    ):
        server.list_tools()
    assert "sk-" not in f"{raised.value}{server!r}"
    assert url.removesuffix("/mcp") in str(raised.value)


def test_server_that_is_not_there_is_unavailable() -> None:
    """With its host, and nothing was done, so that a rule may try again."""
    with serving() as url:
        pass
    with pytest.raises(
        MCPUnavailable, match=r"MCP server '127.0.0.1:\d+' .* did not start: All connection attempts failed"
    ) as raised:
        MCPServer.http(url).list_tools()
    assert raised.value.retryable


def test_server_that_began_anew_is_called_again() -> None:
    """While it is away each call is an error that names it; once it is back, calls work as before."""
    tools, told = [], list[str]()
    with serving() as url, MCPServer.http(url, timeout=20.0) as server:
        tools = [server.tools(only=["add"])]
        told += play(tools, call("add", a=1))
    bot, me = agent(tools, call("add", a=2), call("add", a=3)), person()
    with pytest.raises(MCPUnavailable, match=r"did not start: All connection attempts failed"):
        me.initiate_chat(bot, message="go", max_turns=1, silent=True)
    with serving(port=urlsplit(url).port or 0), server:
        told += play(tools, call("add", a=4))
    assert told == ["2", "5"]


def test_server_that_goes_away_between_two_calls_is_told_to_the_model() -> None:
    """A chat goes on without it, and with it again when it is back, on a connection that is opened anew."""
    with ExitStack() as first, ExitStack() as second:
        url = first.enter_context(serving())
        server = second.enter_context(MCPServer.http(url))
        seen: list[str] = []

        def away(event: Any) -> None:
            if event.type == "executed_function":
                seen.append(event.result)
                if len(seen) == 1:
                    first.close()
                elif len(seen) == 2:
                    second.enter_context(serving(port=urlsplit(url).port or 0))

        model = ScriptedModel([[call("add", a=1)], [call("add", a=2)], [call("add", a=3)], "done"])
        bot = ConversableAgent("bot", llm_config=model, tools=[server], human_input_mode="NEVER")
        person().initiate_chat(bot, message="go", max_turns=1, silent=True, observers=[away])
        server.close()
    assert (seen[0], seen[2]) == ("2", "4")
    assert seen[1].startswith(f"Error: MCP server {server.name!r} (http://{server.name}) ")
    assert seen[1].endswith(": All connection attempts failed")
