"""Models: how they are configured, resolved and asked."""
