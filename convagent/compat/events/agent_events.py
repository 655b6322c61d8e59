"""Mirror of `autogen.events.agent_events`."""

from __future__ import annotations

from ...events import ClearAgentsHistoryEvent as ClearAgentsHistoryEvent
from ...events import ClearConversableAgentHistoryEvent as ClearConversableAgentHistoryEvent
from ...events import ErrorEvent as ErrorEvent
from ...events import ExecuteCodeBlockEvent as ExecuteCodeBlockEvent
from ...events import ExecutedFunctionEvent as ExecutedFunctionEvent
from ...events import ExecuteFunctionEvent as ExecuteFunctionEvent
from ...events import FunctionCallEvent as FunctionCallEvent
from ...events import FunctionResponseEvent as FunctionResponseEvent
from ...events import GenerateCodeExecutionReplyEvent as GenerateCodeExecutionReplyEvent
from ...events import GroupChatResumeEvent as GroupChatResumeEvent
from ...events import GroupChatRunChatEvent as GroupChatRunChatEvent
from ...events import InputRequestEvent as AsyncInputRequestEvent
from ...events import InputRequestEvent as InputRequestEvent
from ...events import PostCarryoverProcessingEvent as PostCarryoverProcessingEvent
from ...events import RunCompletionEvent as RunCompletionEvent
from ...events import SelectSpeakerEvent as SelectSpeakerEvent
from ...events import SelectSpeakerInvalidInputEvent as SelectSpeakerInvalidInputEvent
from ...events import SelectSpeakerTryCountExceededEvent as SelectSpeakerTryCountExceededEvent
from ...events import SpeakerAttemptFailedMultipleAgentsEvent as SpeakerAttemptFailedMultipleAgentsEvent
from ...events import SpeakerAttemptFailedNoAgentsEvent as SpeakerAttemptFailedNoAgentsEvent
from ...events import SpeakerAttemptSuccessfulEvent as SpeakerAttemptSuccessfulEvent
from ...events import TerminationAndHumanReplyNoInputEvent as TerminationAndHumanReplyNoInputEvent
from ...events import TerminationEvent as TerminationEvent
from ...events import TextEvent as TextEvent
from ...events import ToolCallEvent as ToolCallEvent
from ...events import ToolResponseEvent as ToolResponseEvent
from ...events import UsingAutoReplyEvent as UsingAutoReplyEvent
from ..absent import no_more

__all__ = [
    "SpeakerAttemptSuccessfulEvent",
    "SpeakerAttemptFailedNoAgentsEvent",
    "SpeakerAttemptFailedMultipleAgentsEvent",
    "SelectSpeakerTryCountExceededEvent",
    "SelectSpeakerInvalidInputEvent",
    "SelectSpeakerEvent",
    "GenerateCodeExecutionReplyEvent",
    "GroupChatResumeEvent",
    "ClearAgentsHistoryEvent",
    "AsyncInputRequestEvent",
    "ClearConversableAgentHistoryEvent",
    "ErrorEvent",
    "ExecuteCodeBlockEvent",
    "ExecuteFunctionEvent",
    "ExecutedFunctionEvent",
    "FunctionCallEvent",
    "FunctionResponseEvent",
    "GroupChatRunChatEvent",
    "InputRequestEvent",
    "PostCarryoverProcessingEvent",
    "RunCompletionEvent",
    "TerminationAndHumanReplyNoInputEvent",
    "TerminationEvent",
    "TextEvent",
    "ToolCallEvent",
    "ToolResponseEvent",
    "UsingAutoReplyEvent",
]

__getattr__ = no_more(__name__)
