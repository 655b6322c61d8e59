"""Patterns: who speaks next."""
