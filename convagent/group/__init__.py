"""The classic's group patterns: agents that hand over to each other, held by the one loop."""
