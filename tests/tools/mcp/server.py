"""A real MCP server for the tests, made with the official package: `python server.py`, or `serving()` over HTTP."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, EmbeddedResource, ResourceLink, TextContent, TextResourceContents, ToolAnnotations


def made() -> MCPServer:
    server = MCPServer("desk")

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    @server.tool(annotations=ToolAnnotations(destructive_hint=True, idempotent_hint=True))
    def write(file: str, text: str) -> str:
        """Append a line to a file."""
        with Path(file).open("a", encoding="utf-8") as found:
            found.write(f"{text}\n")
        return f"written: {text}"

    @server.tool()
    def process() -> str:
        """Return the number of this process."""
        return str(os.getpid())

    @server.tool()
    def environment(name: str) -> str:
        """Return an environment variable."""
        return f"{name} is {os.environ.get(name)}"

    @server.tool()
    def fail(why: str) -> str:
        """Fail."""
        raise ToolError(why)

    @server.tool()
    def die(file: str = "") -> str:
        """End in the middle of a call."""
        if file:
            Path(file).write_text("begun", encoding="utf-8")
        os._exit(3)

    @server.tool()
    async def hang(file: str = "") -> str:
        """Never answer."""
        if file:
            await anyio.Path(file).write_text("begun", encoding="utf-8")
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await anyio.Path(file or os.devnull).write_text("cancelled", encoding="utf-8")
            raise
        return ""

    @server.tool()
    async def count(to: int, context: Context[Any, Any]) -> str:
        """Count, and say how far it is."""
        for number in range(1, to + 1):
            await context.report_progress(number, to, f"at {number}")
        return "counted"

    @server.tool()
    def numbers() -> list[int]:
        """Return several values, each of which is a text of its own on the wire."""
        return [1, 2]

    @server.tool()
    def picture() -> Image:
        """Return an image."""
        return Image(data=b"\x89PNG", format="png")

    @server.tool()
    def report() -> CallToolResult:
        """Return one part of each kind."""
        inside = TextResourceContents(uri="file:///notes.txt", mime_type="text/plain", text="buy milk")
        return CallToolResult(
            content=[
                TextContent(text="See:"),
                ResourceLink(name="log", uri="file:///log.txt", description="all of it"),
                EmbeddedResource(resource=inside),
            ],
            structured_content={"lines": 2},
        )

    @server.tool(name="files/read.all")
    def odd() -> str:
        """Have a name that no endpoint takes."""
        return "read"

    @server.tool()
    async def grow(context: Context[Any, Any]) -> str:
        """Offer one more tool."""

        def extra() -> str:
            """Be there later."""
            return "extra"

        server.add_tool(extra)
        await context.notify_tools_changed()
        return "grown"

    @server.tool()
    async def shrink(context: Context[Any, Any]) -> str:
        """Offer one tool less."""
        server.remove_tool("add")
        await context.notify_tools_changed()
        return "shrunk"

    return server


def odd_schema(schema: dict[str, Any]) -> MCPServer:
    """Return a server whose one tool has this schema."""
    server = MCPServer("desk")
    server.tool(name="odd", description="Look\u200b here.\U000e0049")(lambda: "done")
    found = server._tool_manager.get_tool("odd")  # the package itself makes none that is wrong
    assert found is not None
    found.parameters = schema
    return server


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["empty"]:
            MCPServer("empty").run("stdio")
        case ["schema", text]:
            odd_schema(json.loads(text)).run("stdio")
        case ["stubborn"]:  # does not end when its input is closed
            made().run("stdio")
            import signal

            signal.pause()
        case _:
            made().run("stdio")
