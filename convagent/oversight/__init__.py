"""Oversight: who decides what, as pure values."""
