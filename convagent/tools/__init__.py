"""Tools: what they are, their JSON Schema, and how one is invoked."""
