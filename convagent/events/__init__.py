"""Everything that happens in a run, as frozen values.

Events are the only way out of a conversation: printing, streaming, audit and every user
interface are observers of this one stream. An event carries an envelope (`run_id`, `seq`,
`at`, `agent`) and its own fields; `transient` ones (pieces of a streamed text, a spinner's
tick) are shown and never stored.

The names, the snake-case `type` and the `content` payload of the events that the classic
also had are the classic's, so that a migrated processor finds what it looks for;
`event.content.sender` and `event.sender` are the same thing.
"""

from __future__ import annotations

from .base import Event, stamp
from .groups import (
    ClearAgentsHistoryEvent,
    GroupChatResumeEvent,
    GroupChatRunChatEvent,
    SelectionMessageEvent,
    SelectSpeakerEvent,
    SelectSpeakerInvalidInputEvent,
    SelectSpeakerTryCountExceededEvent,
    SpeakerAttempt,
    SpeakerAttemptFailedMultipleAgentsEvent,
    SpeakerAttemptFailedNoAgentsEvent,
    SpeakerAttemptSuccessfulEvent,
)
from .handoffs import (
    AfterWorksTransitionEvent,
    GuardrailTransitionEvent,
    OnConditionLLMTransitionEvent,
    OnContextConditionTransitionEvent,
    ReplyResultTransitionEvent,
    TransitionEvent,
)
from .oversight import (
    AnswerRefusedEvent,
    ChannelFailedEvent,
    ConfidenceEvent,
    DecidedEvent,
    EscalatedEvent,
    GrantEvent,
    GrantRevokedEvent,
    ProgressEvent,
    ReviewedEvent,
    RulingEvent,
)
from .people import (
    InputReplyEvent,
    InputRequestEvent,
    TerminationAndHumanReplyNoInputEvent,
    UsingAutoReplyEvent,
)
from .run import (
    ClearConversableAgentHistoryEvent,
    ControlEvent,
    ErrorEvent,
    PostCarryoverProcessingEvent,
    PrintEvent,
    RunCompletionEvent,
    RunLeftEvent,
    RunStarted,
    TerminationEvent,
    UsageSummaryEvent,
)
from .talk import (
    FunctionCallEvent,
    FunctionResponseEvent,
    MessageEvent,
    TextEvent,
    ToolCallEvent,
    ToolResponseEvent,
    message_event_class,
)
from .teams import HandoffEvent, MergedEvent, PassedEvent, PlanEvent, PlanProgressEvent
from .work import (
    ExecuteCodeBlockEvent,
    ExecutedCodeBlockEvent,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GenerateCodeExecutionReplyEvent,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    StreamEvent,
    StreamResetEvent,
    ToolNotRunEvent,
)

__all__ = [
    "AfterWorksTransitionEvent",
    "AnswerRefusedEvent",
    "ChannelFailedEvent",
    "ClearAgentsHistoryEvent",
    "ClearConversableAgentHistoryEvent",
    "ConfidenceEvent",
    "ControlEvent",
    "DecidedEvent",
    "ErrorEvent",
    "EscalatedEvent",
    "Event",
    "ExecuteCodeBlockEvent",
    "ExecuteFunctionEvent",
    "ExecutedCodeBlockEvent",
    "ExecutedFunctionEvent",
    "FunctionCallEvent",
    "FunctionResponseEvent",
    "GenerateCodeExecutionReplyEvent",
    "GrantEvent",
    "GrantRevokedEvent",
    "GroupChatResumeEvent",
    "GroupChatRunChatEvent",
    "GuardrailTransitionEvent",
    "HandoffEvent",
    "InputReplyEvent",
    "InputRequestEvent",
    "MergedEvent",
    "MessageEvent",
    "ModelCallFinished",
    "ModelCallStarted",
    "ModelFallbackEvent",
    "ModelRetryEvent",
    "OnConditionLLMTransitionEvent",
    "OnContextConditionTransitionEvent",
    "PassedEvent",
    "PlanEvent",
    "PlanProgressEvent",
    "PostCarryoverProcessingEvent",
    "PrintEvent",
    "ProgressEvent",
    "ReplyResultTransitionEvent",
    "ReviewedEvent",
    "RulingEvent",
    "RunCompletionEvent",
    "RunLeftEvent",
    "RunStarted",
    "SelectSpeakerEvent",
    "SelectSpeakerInvalidInputEvent",
    "SelectSpeakerTryCountExceededEvent",
    "SelectionMessageEvent",
    "SpeakerAttempt",
    "SpeakerAttemptFailedMultipleAgentsEvent",
    "SpeakerAttemptFailedNoAgentsEvent",
    "SpeakerAttemptSuccessfulEvent",
    "StreamEvent",
    "StreamResetEvent",
    "TerminationAndHumanReplyNoInputEvent",
    "TerminationEvent",
    "TextEvent",
    "ToolCallEvent",
    "ToolNotRunEvent",
    "ToolResponseEvent",
    "TransitionEvent",
    "UsageSummaryEvent",
    "UsingAutoReplyEvent",
    "message_event_class",
    "stamp",
]
