"""Agents: ConversableAgent and what it is made of."""
