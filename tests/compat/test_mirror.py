"""Scripts for the classic find their names and modules, or a sentence that says what to do instead."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

import convagent
import convagent as autogen
import convagent.compat
from convagent.compat import NotAvailable
from convagent.compat.absent import MODULES, NAMES

SCRIPTS = {
    # What public scripts import from the classic, by module below `autogen`.
    "agentchat": "Agent AssistantAgent ChatResult ConversableAgent GroupChat GroupChatManager UserProxyAgent "
    "a_initiate_chats gather_usage_summary initiate_chats register_function ContextVariables UpdateSystemMessage "
    "LLMAgent ReplyResult a_initiate_group_chat a_run_group_chat a_run_group_chat_iter initiate_group_chat "
    "run_group_chat run_group_chat_iter AgentDescriptionGuard AgentEligibilityPolicy SelectionContext",
    "agentchat.agent": "Agent LLMAgent LLMMessageType",
    "agentchat.assistant_agent": "AssistantAgent ConversableAgent",
    "agentchat.chat": "ChatResult initiate_chats a_initiate_chats",
    "agentchat.contrib": "",
    "agentchat.contrib.capabilities": "",
    "agentchat.contrib.capabilities.transform_messages": "MessageTransform TransformMessages",
    "agentchat.contrib.capabilities.transforms": "MessageHistoryLimiter MessageTokenLimiter MessageTransform "
    "TextMessageContentName",
    "agentchat.conversable_agent": "Agent ConversableAgent LLMConfig register_function UpdateSystemMessage",
    "agentchat.eligibility_policy": "AgentDescriptionGuard AgentEligibilityPolicy SelectionContext",
    "agentchat.group": "AgentNameTarget AgentTarget AskUserTarget ContextExpression ContextStr "
    "ContextStrLLMCondition ContextVariables ExpressionAvailableCondition ExpressionContextCondition "
    "FunctionTarget FunctionTargetResult GroupChatConfig GroupChatTarget Handoffs NestedChatTarget OnCondition "
    "OnContextCondition ReplyResult RevertToUserTarget SpeakerSelectionResult StayTarget StringAvailableCondition "
    "StringContextCondition StringLLMCondition TerminateTarget",
    "agentchat.group.available_condition": "AvailableCondition ExpressionAvailableCondition StringAvailableCondition",
    "agentchat.group.context_condition": "ContextCondition ExpressionContextCondition StringContextCondition",
    "agentchat.group.context_expression": "ContextExpression",
    "agentchat.group.context_str": "ContextStr",
    "agentchat.group.context_variables": "ContextVariables",
    "agentchat.group.events": "",
    "agentchat.group.events.transition_events": "AfterWorksTransitionEvent OnConditionLLMTransitionEvent "
    "OnContextConditionTransitionEvent ReplyResultTransitionEvent",
    "agentchat.group.guardrails": "Guardrail GuardrailResult LLMGuardrail RegexGuardrail",
    "agentchat.group.handoffs": "Handoffs",
    "agentchat.group.llm_condition": "ContextStrLLMCondition LLMCondition StringLLMCondition",
    "agentchat.group.multi_agent_chat": "a_initiate_group_chat a_run_group_chat a_run_group_chat_iter "
    "initiate_group_chat run_group_chat run_group_chat_iter",
    "agentchat.group.on_condition": "OnCondition",
    "agentchat.group.on_context_condition": "OnContextCondition",
    "agentchat.group.patterns": "AutoPattern DefaultPattern ManualPattern RandomPattern RoundRobinPattern",
    "agentchat.group.patterns.auto": "AutoPattern",
    "agentchat.group.patterns.manual": "ManualPattern",
    "agentchat.group.patterns.pattern": "DefaultPattern Pattern",
    "agentchat.group.patterns.random": "RandomPattern",
    "agentchat.group.patterns.round_robin": "RoundRobinPattern",
    "agentchat.group.reply_result": "ReplyResult",
    "agentchat.group.speaker_selection_result": "SpeakerSelectionResult",
    "agentchat.group.targets": "",
    "agentchat.group.targets.function_target": "FunctionTarget FunctionTargetMessage FunctionTargetResult",
    "agentchat.group.targets.group_chat_target": "GroupChatConfig GroupChatTarget",
    "agentchat.group.targets.group_manager_target": "GroupManagerSelectionMessage "
    "GroupManagerSelectionMessageContextStr GroupManagerSelectionMessageString GroupManagerTarget",
    "agentchat.group.targets.transition_target": "AgentNameTarget AgentTarget AskUserTarget NestedChatTarget "
    "RandomAgentTarget RevertToUserTarget StayTarget TerminateTarget TransitionTarget",
    "agentchat.groupchat": "Agent ConversableAgent GroupChat GroupChatManager SELECT_SPEAKER_PROMPT_TEMPLATE",
    "agentchat.user_proxy_agent": "UserProxyAgent",
    "agentchat.utils": "gather_usage_summary",
    "cache": "Cache",
    "cache.cache": "Cache",
    "code_utils": "CODE_BLOCK_PATTERN UNKNOWN content_str create_virtual_env execute_code extract_code infer_lang",
    "coding": "CodeBlock CodeExecutor CodeExecutorFactory CodeExtractor CodeResult DockerCommandLineCodeExecutor "
    "LocalCommandLineCodeExecutor MarkdownCodeExtractor",
    "coding.base": "CodeBlock CodeExecutor CodeExtractor CodeResult CommandLineCodeResult",
    "coding.docker_commandline_code_executor": "DockerCommandLineCodeExecutor",
    "coding.factory": "CodeExecutorFactory",
    "coding.local_commandline_code_executor": "LocalCommandLineCodeExecutor",
    "coding.markdown_code_extractor": "MarkdownCodeExtractor",
    "events": "BaseEvent",
    "events.agent_events": "AsyncInputRequestEvent ErrorEvent ExecuteFunctionEvent ExecutedFunctionEvent "
    "ExecuteCodeBlockEvent GenerateCodeExecutionReplyEvent "
    "FunctionCallEvent FunctionResponseEvent GroupChatRunChatEvent InputRequestEvent RunCompletionEvent "
    "TerminationEvent TerminationAndHumanReplyNoInputEvent TextEvent ToolCallEvent ToolResponseEvent "
    "UsingAutoReplyEvent PostCarryoverProcessingEvent ClearConversableAgentHistoryEvent "
    "ClearAgentsHistoryEvent GroupChatResumeEvent SelectSpeakerEvent SelectSpeakerInvalidInputEvent "
    "SelectSpeakerTryCountExceededEvent SpeakerAttemptFailedMultipleAgentsEvent SpeakerAttemptFailedNoAgentsEvent "
    "SpeakerAttemptSuccessfulEvent",
    "events.base_event": "BaseEvent",
    "events.client_events": "StreamEvent UsageSummaryEvent",
    "events.print_event": "PrintEvent",
    "exception_utils": "AgentNameConflictError InvalidCarryOverTypeError NoEligibleSpeakerError SenderRequiredError "
    "UndefinedNextAgentError AgentNameConflict InvalidCarryOverType NoEligibleSpeaker SenderRequired "
    "UndefinedNextAgent",
    "graph_utils": "check_graph_validity has_self_loops invert_disallowed_to_allowed",
    "io": "IOConsole IOStream InputStream OutputStream",
    "io.base": "AsyncIOStreamProtocol AsyncInputStream IOStream IOStreamProtocol InputStream OutputStream",
    "io.console": "IOConsole",
    "io.processors": "AsyncConsoleEventProcessor ConsoleEventProcessor EventProcessorProtocol "
    "AsyncEventProcessorProtocol",
    "io.processors.base": "EventProcessorProtocol AsyncEventProcessorProtocol",
    "io.processors.console_event_processor": "ConsoleEventProcessor AsyncConsoleEventProcessor",
    "io.run_response": "AsyncRunResponse AsyncRunResponseProtocol RunResponse RunResponseProtocol",
    "llm_config": "LLMConfig ModelClient",
    "llm_config.client": "ModelClient",
    "llm_config.config": "LLMConfig",
    "llm_config.utils": "config_list_from_json filter_config",
    "oai": "Cache ModelClient config_list_from_dotenv config_list_from_models config_list_openai_aoai get_config_list",
    "oai.client": "ModelClient",
    "oai.openai_utils": "config_list_from_dotenv config_list_from_json filter_config get_config_list",
    "function_utils": "get_function_schema load_basemodels_if_needed serialize_to_str",
    "tools": "Tool tool get_function_schema load_basemodels_if_needed serialize_to_str",
    "tools.function_utils": "get_function_schema load_basemodels_if_needed serialize_to_str",
    "tools.tool": "Tool tool",
    "types": "UserMessageImageContentPart UserMessageTextContentPart",
}

_FLAT = (
    "Agent AssistantAgent Cache ChatResult ConversableAgent ContextVariables InvalidCarryOverTypeError LLMConfig "
    "ModelClient SenderRequiredError UpdateSystemMessage UserProxyAgent __version__ a_initiate_chats "
    "config_list_from_dotenv config_list_from_json config_list_from_models config_list_openai_aoai filter_config "
    "gather_usage_summary get_config_list initiate_chats register_function IOStream "
    "AgentDescriptionGuard AgentEligibilityPolicy AgentNameConflictError GroupChat GroupChatManager "
    "NoEligibleSpeakerError SelectionContext UndefinedNextAgentError "
    # of `autogen.agentchat` and `autogen.agentchat.group`
    "AgentNameTarget AgentTarget AskUserTarget AutoPattern ContextExpression ContextStr ContextStrLLMCondition "
    "DefaultPattern ExpressionAvailableCondition ExpressionContextCondition FunctionTarget FunctionTargetResult "
    "GroupChatConfig GroupChatTarget GroupManagerTarget Handoffs LLMGuardrail ManualPattern NestedChatTarget "
    "OnCondition OnContextCondition RandomAgentTarget RandomPattern RegexGuardrail ReplyResult RevertToUserTarget "
    "RoundRobinPattern SpeakerSelectionResult StayTarget StringAvailableCondition StringContextCondition "
    "StringLLMCondition TerminateTarget a_initiate_group_chat a_run_group_chat a_run_group_chat_iter "
    "initiate_group_chat run_group_chat run_group_chat_iter"
)
FLAT = _FLAT.split()


@pytest.mark.parametrize("path", SCRIPTS)
def test_module_is_mirrored(path: str) -> None:
    """`autogen.x` is `convagent.compat.x`, with the names that scripts import from it."""
    module = importlib.import_module(f"convagent.compat.{path}")
    assert [name for name in SCRIPTS[path].split() if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", FLAT)
def test_flat_name_is_there(name: str) -> None:
    """`import convagent as autogen` and then `autogen.X`."""
    assert getattr(autogen, name) is getattr(autogen, name)


@pytest.mark.parametrize("name", [n for n in FLAT if n not in ("__version__", "IOStream", "ModelClient")])
def test_flat_name_is_the_same_thing_in_the_mirror(name: str) -> None:
    """`convagent.compat.X` is no second class. (`ModelClient` is: the classic's protocol is another one.)"""
    assert getattr(convagent.compat, name) is getattr(convagent, name)


def test_modules_are_found_as_attributes() -> None:
    """`autogen.oai.openai_utils.filter_config`, with one import, as scripts write it."""
    assert autogen.oai.openai_utils.filter_config is convagent.filter_config
    assert autogen.agentchat.conversable_agent.ConversableAgent is convagent.ConversableAgent
    assert autogen.io.base.IOStream is convagent.IOStream
    assert autogen.events.TextEvent.type == "text"


@pytest.mark.parametrize("name", NAMES)
def test_absent_name_says_what_to_do(name: str) -> None:
    """A classic name that is not there is an ImportError with a sentence, from `from ... import` too."""
    with pytest.raises(NotAvailable, match=name):
        getattr(convagent, name)
    with pytest.raises(ImportError, match=f"has no '{name}': "):
        exec(f"from convagent.compat import {name}")


@pytest.mark.parametrize(
    ("path", "name", "sentence"),
    [
        ("code_utils", "improve_code", "own helpers"),
        ("function_utils", "get_typed_signature", r"get_function_schema\(\)"),
        ("oai.openai_utils", "OAI_PRICE1K", r"price=\["),
    ],
)
def test_absent_name_of_a_module_that_is_there_says_what_to_do(path: str, name: str, sentence: str) -> None:
    """So do the names that only AutoGen 0.2 had, wherever it had them."""
    with pytest.raises(ImportError, match=sentence):
        exec(f"from convagent.compat.{path} import {name}")


@pytest.mark.parametrize("path", MODULES)
def test_absent_module_says_what_to_do(path: str) -> None:
    """So is a classic module, and everything below it that can be imported."""
    with pytest.raises(NotAvailable, match=f"autogen.{path} has no counterpart"):
        importlib.import_module(f"convagent.compat.{path}")


def test_unknown_name_is_an_attribute_error() -> None:
    """What the classic has not either is absent in the usual way, so that `hasattr` works."""
    assert not hasattr(convagent, "no_such_name")
    assert not hasattr(convagent.compat, "no_such_name")
    assert not hasattr(convagent.compat.agentchat, "no_such_name")


@pytest.mark.parametrize(
    "path",
    [
        "agentchat.contrib.agent_eval.task",
        "agentchat.contrib.rag.query_engine",
        "coding.jupyter.embedded_ipython_code_executor",
        "oai.gemini",
    ],
)
def test_module_below_an_absent_one_says_what_to_do(path: str) -> None:
    """`from autogen.oai.gemini.x import Y` is told what to do instead."""
    with pytest.raises(NotAvailable, match=r"^autogen\.[a-z._]+ has no counterpart in convagent: "):
        exec(f"from convagent.compat.{path} import Anything")


def test_module_that_nobody_has_is_missing_in_the_usual_way() -> None:
    """The sentences are for the classic's modules only."""
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'convagent\.compat\.agentchat\.nonsense'"):
        importlib.import_module("convagent.compat.agentchat.nonsense")


@pytest.mark.parametrize("module", ["convagent", "convagent.compat", "convagent.compat.agentchat"])
def test_misspelt_name_is_told_the_nearest(module: str) -> None:
    """So it is by import and by attribute; `hasattr` stays False."""
    with pytest.raises(ImportError, match=r"has no attribute 'UserProxi'; did you mean 'UserProxyAgent'\?"):
        exec(f"from {module} import UserProxi")
    found = importlib.import_module(module)
    with pytest.raises(AttributeError, match=r"has no attribute 'UserProxi'; did you mean 'UserProxyAgent'\?"):
        _ = found.UserProxi
    assert not hasattr(found, "UserProxi")


def test_every_mirrored_module_is_in_this_list() -> None:
    """A mirrored module is one that scripts import, or one that says why it is absent."""
    found: set[str] = set()

    def walk(path: list[str], prefix: str) -> None:
        for module in pkgutil.iter_modules(path):
            name = f"{prefix}{module.name}"
            if name in MODULES:
                continue
            found.add(name)
            if module.ispkg:
                walk([f"{path[0]}/{module.name}"], f"{name}.")

    walk([str(p) for p in convagent.compat.__path__], "")
    ours = {
        "absent",
        "difference",
        "differences",
        "differences_of_code",
        "differences_of_groups",
        "differences_of_patterns",
        "model_client",
        "io.websockets",
    }
    assert found == set(SCRIPTS) | ours


def test_mirror_is_light(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The mirror loads no slow package."""
    imports = "; ".join(f"import convagent.compat.{path}" for path in SCRIPTS)
    done = python(
        "-c",
        f"{imports}\nimport sys\n"
        "print([n for n in ('pydantic', 'openai', 'prompt_toolkit', 'jsonschema', 'anyio') if n in sys.modules])",
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_schema_of_a_function() -> None:
    """`get_function_schema` gives what a model is sent."""
    from convagent.compat.tools.function_utils import get_function_schema, serialize_to_str

    def add(a: int, b: int = 2) -> int:
        return a + b

    schema = get_function_schema(add, name="plus", description="Adds.")
    assert schema["function"]["name"] == "plus"
    assert schema["function"]["parameters"]["required"] == ["a"]
    assert serialize_to_str({"a": 1}) == '{"a":1}'


def test_model_client_of_a_script_fits_the_protocol() -> None:
    """The classic's protocol is what `register_model_client` takes, and no client of ours."""
    from convagent.compat import ModelClient

    class Mine(ModelClient):
        def create(self, params: dict[str, Any]) -> Any: ...
        def message_retrieval(self, response: Any) -> Any: ...
        def cost(self, response: Any) -> float:
            return 0.0

        @staticmethod
        def get_usage(response: Any) -> dict[str, Any]:
            return {}

    assert isinstance(Mine(), ModelClient)
    assert not isinstance(Mine(), convagent.ModelClient)


# ---------------------------------------------------------------- processors


def _chat() -> tuple[Any, Any]:
    a, b = (
        convagent.ConversableAgent(name, human_input_mode="NEVER", default_auto_reply=f"{name} speaks")
        for name in ("ada", "bob")
    )
    return a, b


def test_processor_with_its_own_process_is_given_the_run() -> None:
    """The classic's protocol has `process(response)`: it iterates the events itself."""
    from convagent.compat.events.agent_events import TextEvent

    class Processor:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def process(self, response: Any) -> None:
            self.seen += [e.content.content for e in response.events if isinstance(e, TextEvent)]

    ada, bob = _chat()
    processor, response = Processor(), ada.run(bob, message="hi", max_turns=1)
    response.process(processor)
    assert processor.seen == ["hi", "bob speaks"]
    assert response.summary == "bob speaks"


def test_async_processor_with_its_own_process_is_given_the_run() -> None:
    """The same for `a_run`."""

    class Processor:
        def __init__(self) -> None:
            self.seen: list[str] = []

        async def process(self, response: Any) -> None:
            async for event in response.events:
                if event.type == "text":
                    self.seen.append(event.content.content)

    async def run() -> list[str]:
        ada, bob = _chat()
        processor, response = Processor(), await ada.a_run(bob, message="hi", max_turns=1)
        await response.process(processor)
        return processor.seen

    assert asyncio.run(run()) == ["hi", "bob speaks"]


def test_subclass_of_the_console_processor_sees_every_event() -> None:
    """Overriding `process_event` of the console's processor works as in the classic."""
    from convagent.compat.io.processors import ConsoleEventProcessor

    class Processor(ConsoleEventProcessor):
        def __init__(self) -> None:
            super().__init__()
            self.types: list[str] = []

        def process_event(self, event: Any) -> None:
            self.types.append(event.type)

    ada, bob = _chat()
    processor = Processor()
    ada.run(bob, message="hi", max_turns=1).process(processor)
    assert [t for t in processor.types if t in ("text", "termination", "run_completion")] == [
        "text",
        "text",
        "termination",
        "run_completion",
    ]
