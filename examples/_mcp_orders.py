"""A small MCP server for `mcp_desk.py`: the orders of a shop, over standard input and output.

It is made with the package `mcp` and knows nothing of convagent; any other MCP server could stand in its place.
"""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

server = MCPServer("orders")
orders = {"17": "on its way, comes on Friday", "21": "being packed", "23": "delivered on Monday"}


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def order_status(order: str) -> str:
    """Say how an order stands."""
    return f"order {order}: {_known(order)}"


@server.tool(annotations=ToolAnnotations(destructive_hint=True))
def cancel_order(order: str, reason: str) -> str:
    """Cancel an order that has not been delivered."""
    if _known(order).startswith("delivered"):
        raise ToolError(f"order {order} was delivered, it cannot be cancelled")
    orders[order] = f"cancelled ({reason})"
    return f"order {order} is cancelled"


def _known(order: str) -> str:
    if order not in orders:
        raise ToolError(f"there is no order {order}")
    return orders[order]


if __name__ == "__main__":
    server.run("stdio")
