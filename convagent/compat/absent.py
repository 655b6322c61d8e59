"""Classic names that convagent does not have, each with a sentence that says what to do instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import UsageError


class NotAvailable(UsageError, ImportError):
    """A classic name or module that convagent does not have; the text says what to do instead."""


_GROUPS = (
    "group chats come in a later version; until then hold the chats one after another with initiate_chats(), "
    "or inside a turn with register_nested_chats()"
)
_CODE = "running code that a model wrote comes in a later version; give the agent functions instead: tools=[...]"
_MEDIA = "it is not part of convagent; content given as a list of parts is passed on to the model as it is"
_WRAPPER = (
    "there is no separate client; ask an agent without a chat by agent.generate_reply(messages=[...]), "
    "or use the openai package itself"
)
_LOGGING = "log a run by an observer of its events: initiate_chat(..., observers=[function])"
_ASSISTANTS = "OpenAI's assistants interface is not supported; use ConversableAgent with tools"
_INJECTION = "a tool that needs to know its call takes a parameter annotated with convagent.ToolContext"
_EVENT_OF_GROUPS = "this event belongs to group chats, which come in a later version; no run of this one emits it"
_EVENT_OF_CODE = "this event belongs to code execution, which comes in a later version; no run of this one emits it"
_ENTRIES = "write the entry as a dict with api_type: LLMConfig({'api_type': 'azure', 'model': ...})"
_STREAMS = "write a stream of your own: a subclass of IOStream, or an observer that answers input_request events"
_MODELS = "name the model in the configuration: LLMConfig(model=...)"

NAMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "AgentNameTarget", "AgentTarget", "AskUserTarget", "ContextStr", "ContextStrLLMCondition",
            "ExpressionAvailableCondition", "ExpressionContextCondition", "FunctionTarget", "FunctionTargetResult",
            "GroupChatConfig", "GroupChatTarget", "Handoffs", "NestedChatTarget", "OnCondition", "OnContextCondition",
            "RevertToUserTarget", "SpeakerSelectionResult", "StayTarget", "StringAvailableCondition",
            "StringContextCondition", "StringLLMCondition", "TerminateTarget",
            "AgentDescriptionGuard", "AgentEligibilityPolicy", "AgentNameConflictError", "ContextExpression",
            "GroupChat", "GroupChatManager", "NoEligibleSpeakerError", "ReplyResult", "SelectionContext",
            "UndefinedNextAgentError", "a_initiate_group_chat", "a_initiate_swarm_chat", "a_run_group_chat",
            "a_run_group_chat_iter", "a_run_swarm", "initiate_group_chat", "initiate_swarm_chat",
            "run_group_chat", "run_group_chat_iter", "run_swarm", "SwarmAgent",
        ),
        _GROUPS,
    ),
    **dict.fromkeys(
        ("execute_code", "extract_code", "infer_lang", "create_virtual_env", "is_docker_running", "UNKNOWN",
         "CODE_BLOCK_PATTERN", "decide_use_docker", "in_docker_container"),
        _CODE,
    ),
    **dict.fromkeys(("OpenAIWrapper", "OpenAIClient", "Completion", "ChatCompletion"), _WRAPPER),
    **dict.fromkeys(
        ("create_gpt_assistant", "create_gpt_vector_store", "retrieve_assistants_by_name", "update_gpt_assistant"),
        _ASSISTANTS,
    ),
    **dict.fromkeys(("BaseContext", "ChatContext", "Depends"), _INJECTION),
    **dict.fromkeys(
        (
            "ClearAgentsHistoryEvent", "GroupChatResumeEvent", "SelectSpeakerEvent", "SelectSpeakerInvalidInputEvent",
            "SelectSpeakerTryCountExceededEvent", "SpeakerAttemptFailedMultipleAgentsEvent",
            "SpeakerAttemptFailedNoAgentsEvent", "SpeakerAttemptSuccessfulEvent",
        ),
        _EVENT_OF_GROUPS,
    ),
    **dict.fromkeys(("ExecuteCodeBlockEvent", "GenerateCodeExecutionReplyEvent"), _EVENT_OF_CODE),
    **dict.fromkeys(
        ("ConversableAgentUsageSummaryEvent", "ConversableAgentUsageSummaryNoCostIncurredEvent"),
        "one event tells both: UsageSummaryEvent, with actual=None where nothing was spent",
    ),
    "ClearConversableAgentHistoryWarningEvent": "history is cleared as asked; there is nothing to warn of",
    "InputResponseEvent": "the answer of a person is an InputReplyEvent",
    **dict.fromkeys(
        ("AnthropicLLMConfigEntry", "AzureOpenAILLMConfigEntry", "BedrockLLMConfigEntry", "CohereLLMConfigEntry",
         "DeepSeekLLMConfigEntry", "GeminiLLMConfigEntry", "GroqLLMConfigEntry", "MistralLLMConfigEntry",
         "OllamaLLMConfigEntry", "OpenAILLMConfigEntry", "OpenAIResponsesLLMConfigEntry",
         "OpenAIV2LLMConfigEntry", "TogetherLLMConfigEntry", "CerebrasLLMConfigEntry", "LLMConfigEntry"),
        _ENTRIES,
    ),
    **dict.fromkeys(("IOWebsockets", "ThreadIOStream", "AsyncThreadIOStream"), _STREAMS),
    **dict.fromkeys(("DEFAULT_MODEL", "FAST_MODEL", "config_list_gpt4_gpt35"), _MODELS),
    "AbstractCache": "a cache is an object with get(key, default) and set(key, value)",
    "consolidate_chat_info": "initiate_chats() checks its queue itself",
    "get_first_llm_config": "the first entry of a configuration is LLMConfig(...).entries[0]",
    "get_key": "it made a cache key of a configuration; json.dumps(..., sort_keys=True) does",
    "load_basemodels_if_needed": "arguments are converted to the annotated types by the tool itself",
    "Toolkit": "a list of tools is enough: tools=[...] or a loop over register_for_llm()",
    "ModelToolNotSupportedError": "an endpoint that refuses tools raises convagent.errors.ModelRequestError",
}  # fmt: skip
"""By name, what to do instead."""

MODULES: dict[str, str] = {
    "agentchat.contrib": "the agents of autogen.agentchat.contrib are not part of convagent; ConversableAgent, its "
    "subclasses, register_reply() and register_hook() are what they were made of",
    "agentchat.group.multi_agent_chat": _GROUPS,
    "agentchat.group.patterns": _GROUPS,
    "agents": "the ready-made agents of autogen.agents are not part of convagent; give a ConversableAgent tools",
    "beta": "autogen.beta is another framework; convagent follows the classic one",
    "browser_utils": _MEDIA,
    "coding": _CODE,
    "graph_utils": _GROUPS,
    "interop": "give the agent a function that calls the foreign tool: tools=[...]",
    "logger": _LOGGING,
    "mcp": "MCP servers come in a later version; a raw JSON Schema can be given by tool(parameters=...)",
    "messages": "messages are dicts, and what happens is an event: convagent.events",
    "retrieve_utils": "retrieval is not part of convagent; give the agent a function that searches: tools=[...]",
    "runtime_logging": _LOGGING,
    "token_count_utils": "count with the tokenizer of your model; what was used is in ChatResult.cost",
}
"""By the path below `autogen`, what to do instead."""


def absent(name: str, module: str = "") -> Exception:
    """Return the error for a name that is not there: with a sentence, if the classic has it.

    Names that the classic has raise ImportError and not AttributeError, because
    ``from module import name`` drops the text of an AttributeError.
    """
    sentence = NAMES.get(name) or MODULES.get(name)
    where = module or "convagent.compat"
    if sentence is None:
        return AttributeError(f"module {where!r} has no attribute {name!r}")
    return NotAvailable(f"{where} has no {name!r}: {sentence}")


def absent_module(path: str) -> NotAvailable:
    """Return the error for a classic module that is not there."""
    return NotAvailable(f"autogen.{path} has no counterpart in convagent: {MODULES[path]}")


def no_more(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a mirrored module: it finds submodules, and raises what `absent` returns."""

    def __getattr__(name: str) -> Any:
        if not name.startswith("_") and hasattr(sys.modules[module], "__path__") and find_spec(f"{module}.{name}"):
            return import_module(f"{module}.{name}")
        raise absent(name, module)

    return __getattr__
