"""Measurements side by side with the bare openai client and the classic. `make bench` runs them."""
