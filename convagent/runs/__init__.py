"""Runs: a conversation started, consumed and steered."""
