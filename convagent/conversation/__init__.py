"""The conversation: its state, its one loop, and its one road to a person."""
