"""Tools of MCP servers (Model Context Protocol).

`server` is the value that users write, `choice` which tools of it and by which rules, `ways` how it is reached, `link`
the one connection of this process, `client` the home of the package `mcp`, `wording` what a model reads of a result.
"""

from .choice import MCPTools as MCPTools
from .server import MCPServer as MCPServer
