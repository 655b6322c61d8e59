"""Mirror of `autogen.agentchat.group.speaker_selection_result`."""

from __future__ import annotations

from ....handoffs.targets import SpeakerSelectionResult as SpeakerSelectionResult
from ...absent import no_more

__all__ = [
    "SpeakerSelectionResult",
]

__getattr__ = no_more(__name__)
