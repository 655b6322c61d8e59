"""Mirror of `autogen.agentchat.eligibility_policy`."""

from __future__ import annotations

from ...patterns.eligibility import AgentDescriptionGuard as AgentDescriptionGuard
from ...patterns.eligibility import AgentEligibilityPolicy as AgentEligibilityPolicy
from ...patterns.eligibility import SelectionContext as SelectionContext
from ..absent import no_more

__all__ = ["AgentDescriptionGuard", "AgentEligibilityPolicy", "SelectionContext"]

__getattr__ = no_more(__name__)
