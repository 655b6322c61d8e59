"""Classic names that convagent does not have, each with a sentence that says what to do instead."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from typing import Any

from ..errors import NoSuchAttribute, UsageError, nearest


class NotAvailable(UsageError, ImportError):
    """A classic name or module that convagent does not have; the text says what to do instead."""


_MEDIA = "it is not part of convagent; content given as a list of parts is passed on to the model as it is"
_WRAPPER = (
    "there is no separate client; ask an agent without a chat by agent.generate_reply(messages=[...]), "
    "or use the openai package itself"
)
_LOGGING = "log a run by an observer of its events: initiate_chat(..., observers=[function])"
_CONTRIB = (
    "the agents of autogen.agentchat.contrib are not part of convagent; ConversableAgent, its subclasses, "
    "register_reply() and register_hook() are what they were made of"
)
_COMPRESSION = (
    "texts are not compressed; ConversableAgent(context=LastTokens(8_000)) sends what fits, and a transform of your "
    "own is an object with apply_transform(messages) and get_logs(before, after)"
)
_RETRIEVAL = "retrieval is not part of convagent; give the agent a function that searches: tools=[...]"
_SWARMS = "swarms are group patterns by an older name: initiate_group_chat(DefaultPattern(...), ...)"
_SCHEMA = "the schema of a function is made by get_function_schema(), or by the tool that is made of it"
_VOICE = "agents that speak are not part of convagent; an observer of the events may say them aloud"
_ASSISTANTS = "OpenAI's assistants interface is not supported; use ConversableAgent with tools"
_INJECTION = "a tool that needs to know its call takes a parameter annotated with convagent.ToolContext"
_DOCKER = "whether there is a docker is found out where code is to be run: code_execution_config={...}"
_NOTEBOOK = (
    "code is run by the command line, here or in a container: LocalCommandLineCodeExecutor, "
    "DockerCommandLineCodeExecutor; an executor of your own is any object with code_extractor, execute_code_blocks() "
    "and restart()"
)
_HELPERS = "these were the classic's own helpers; copy what the script uses of them"
_FUNCTIONS = "write the functions into a module in work_dir, which blocks of code then import"
_ENTRIES = "write the entry as a dict with api_type: LLMConfig({'api_type': 'azure', 'model': ...})"
_STREAMS = "write a stream of your own: a subclass of IOStream, or an observer that answers input_request events"
SAFEGUARDS = (
    "judge what is about to happen by oversight=, and what is heard and said by guardrails: "
    "agent.register_input_guardrail(RegexGuardrail(...))"
)
_MODELS = "name the model in the configuration: LLMConfig(model=...)"

NAMES: dict[str, str] = {
    **dict.fromkeys(
        ("a_initiate_swarm_chat", "a_run_swarm", "initiate_swarm_chat", "run_swarm", "SwarmAgent"),
        _SWARMS,
    ),
    **dict.fromkeys(
        ("GroupToolExecutor", "activate_target", "apply_safeguard_policy", "reset_safeguard_policy"),
        "a pattern prepares its group itself, and changes no agent: initiate_group_chat(pattern, ...)",
    ),
    **dict.fromkeys(
        ("check_can_use_docker_or_throw", "decide_use_docker", "in_docker_container", "is_docker_running"), _DOCKER
    ),
    **dict.fromkeys(
        ("get_powershell_command", "eval_function_completions", "generate_assertions", "generate_code", "implement",
         "improve_code", "improve_function", "timeout_handler", "DEFAULT_TIMEOUT", "PATH_SEPARATOR", "TIMEOUT_MSG",
         "WIN32", "WORKING_DIR"),
        _HELPERS,
    ),
    **dict.fromkeys(
        ("DockerJupyterServer", "EmbeddedIPythonCodeExecutor", "IPythonCodeResult", "JupyterCodeExecutor",
         "LocalJupyterServer", "YepCodeCodeExecutor", "RemyxCodeExecutor", "DaytonaCodeExecutor"),
        _NOTEBOOK,
    ),
    **dict.fromkeys(("FunctionWithRequirements", "FunctionWithRequirementsStr", "with_requirements"), _FUNCTIONS),
    "CodeExecutionConfig": "a code_execution_config is a dict; its keys are checked by the agent that is given it",
    **dict.fromkeys(
        ("get_default_values", "get_load_param_if_needed_function", "get_missing_annotations", "get_param_annotations",
         "get_parameter_json_schema", "get_parameters", "get_required_params", "get_typed_annotation",
         "get_typed_return_annotation", "get_typed_signature"),
        _SCHEMA,
    ),
    **dict.fromkeys(("OpenAIWrapper", "OpenAIClient", "Completion", "ChatCompletion"), _WRAPPER),
    **dict.fromkeys(
        ("create_gpt_assistant", "create_gpt_vector_store", "retrieve_assistants_by_name", "update_gpt_assistant"),
        _ASSISTANTS,
    ),
    **dict.fromkeys(("BaseContext", "ChatContext", "Depends"), _INJECTION),
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
    "visualize_speaker_transitions_dict": "GroupChat.to_mermaid() draws who may speak after whom, as text",
    "OAI_PRICE1K": "state a price in the configuration: price=[prompt, completion], in US dollars per 1,000 tokens",
    "DEFAULT_AZURE_API_VERSION": "say it in the entry: api_version='2024-10-21'",
    "is_valid_api_key": "the endpoint says whether it takes a key; nothing here guesses by its look",
    **dict.fromkeys(
        ("LEGACY_CACHE_DIR", "LEGACY_DEFAULT_CACHE_SEED"),
        "nothing is cached unasked; Cache.disk(cache_seed, folder) says where",
    ),
    **dict.fromkeys(("PlaceHolderClient", "TOOL_ENABLED"), _WRAPPER),
    "AbstractCache": "a cache is an object with get(key, default) and set(key, value)",
    "consolidate_chat_info": "initiate_chats() checks its queue itself",
    "get_first_llm_config": "the first entry of a configuration is LLMConfig(...).entries[0]",
    "get_key": "it made a cache key of a configuration; json.dumps(..., sort_keys=True) does",
    **dict.fromkeys(("TextMessageCompressor", "LLMLingua", "TextCompressor"), _COMPRESSION),
    "Toolkit": "a list of tools is enough: tools=[...] or a loop over register_for_llm()",
    "ModelToolNotSupportedError": "an endpoint that refuses tools raises convagent.errors.ModelRequestError",
}  # fmt: skip
"""By name, what to do instead."""

MODULES: dict[str, str] = {
    **dict.fromkeys(
        ("agentchat.group.group_tool_executor", "agentchat.group.group_utils"),
        "a pattern prepares its group itself, and changes no agent: initiate_group_chat(pattern, ...)",
    ),
    "agentchat.group.safeguards": SAFEGUARDS,
    **dict.fromkeys(
        ("coding.daytona_code_executor", "coding.jupyter", "coding.remyx_code_executor",
         "coding.yepcode_code_executor"),
        _NOTEBOOK,
    ),
    "coding.func_with_reqs": _FUNCTIONS,
    "coding.utils": _HELPERS,
    "environments": "code is run in a virtual environment by LocalCommandLineCodeExecutor(virtual_env_context=...)",
    **dict.fromkeys(
        ("llm_clients", "oai.client_utils", "oai.completion", "oai.oai_models", "oai.openai_responses",
         "oai.rate_limiters"),
        _WRAPPER,
    ),
    **dict.fromkeys(
        ("oai.anthropic", "oai.bedrock", "oai.cerebras", "oai.cohere", "oai.gemini", "oai.gemini_types", "oai.groq",
         "oai.mistral", "oai.ollama", "oai.together", "llm_config.entry", "llm_config.types"),
        _ENTRIES,
    ),
    **dict.fromkeys(
        ("cache.abstract_cache_base", "cache.cache_factory", "cache.cosmos_db_cache", "cache.disk_cache",
         "cache.in_memory_cache", "cache.redis_cache"),
        "use convagent.Cache, or any object with get(key, default) and set(key, value)",
    ),
    **dict.fromkeys(("fast_depends", "tools.dependency_injection"), _INJECTION),
    **dict.fromkeys(("logger", "opentelemetry", "runtime_logging"), _LOGGING),
    **dict.fromkeys(
        ("a2a", "ag_ui", "agentchat.remote"),
        "serving agents to other programs is not part of convagent; stream a run's events: for event in agent.run(...)",
    ),
    **dict.fromkeys(
        ("tools.contrib", "tools.experimental"),
        "the ready-made tools of autogen.tools are not part of convagent; give the agent functions: tools=[...]",
    ),
    **dict.fromkeys(
        ("_pydantic", "doc_utils", "events.helpers", "formatting_utils", "import_utils", "json_utils"),
        "these were the classic's own helpers; copy what the script uses of them",
    ),
    **dict.fromkeys(("browser_utils", "extensions", "img_utils"), _MEDIA),
    **dict.fromkeys(
        (
            "agentchat.contrib.captainagent", "agentchat.contrib.graph_rag", "agentchat.contrib.img_utils",
            "agentchat.contrib.llamaindex_conversable_agent", "agentchat.contrib.multimodal_conversable_agent",
            "agentchat.contrib.nlip_agent", "agentchat.contrib.capabilities.agent_capability",
            "agentchat.contrib.capabilities.teachability", "agentchat.contrib.capabilities.tools_capability",
            "agentchat.contrib.capabilities.vision_capability", "agentchat.contrib.agent_builder",
            "agentchat.contrib.agent_eval", "agentchat.contrib.agent_optimizer",
            "agentchat.contrib.capabilities.generate_images", "agentchat.contrib.group_chat_moderator",
            "agentchat.contrib.llava_agent", "agentchat.contrib.math_user_proxy_agent",
            "agentchat.contrib.text_analyzer_agent",
        ),
        _CONTRIB,
    ),
    **dict.fromkeys(
        (
            "agentchat.contrib.rag", "agentchat.contrib.vectordb", "agentchat.contrib.retrieve_user_proxy_agent",
            "agentchat.contrib.retrieve_assistant_agent", "agentchat.contrib.qdrant_retrieve_user_proxy_agent",
            "retrieve_utils",
        ),
        _RETRIEVAL,
    ),
    **dict.fromkeys(
        (
            "agentchat.contrib.capabilities.text_compressors", "agentchat.contrib.capabilities.transforms_util",
            "agentchat.contrib.capabilities.context_handling", "agentchat.contrib.compressible_agent",
        ),
        _COMPRESSION,
    ),
    "agentchat.contrib.gpt_assistant_agent": _ASSISTANTS,
    "agentchat.contrib.society_of_mind_agent": "a group in one agent's seat is a team: Selector(...), Sequential(...); "
    "or a nested chat with a GroupChatManager: register_nested_chats()",
    "agentchat.contrib.swarm_agent": _SWARMS,
    "agentchat.contrib.web_surfer": "give the agent a function that reads pages: tools=[...]",
    **dict.fromkeys(("agentchat.realtime", "agentchat.realtime_agent"), _VOICE),
    "agents": "the ready-made agents of autogen.agents are not part of convagent; give a ConversableAgent tools",
    "beta": "autogen.beta is another framework; convagent follows the classic one",
    "interop": "give the agent a function that calls the foreign tool: tools=[...]",
    "io.step_controller": "a run is stepped by its iteration: for event in agent.run_iter(..., yield_on=[...])",
    "io.thread_io_stream": _STREAMS,
    "math_utils": "it compared answers of a benchmark; copy what the script uses of it",
    "mcp": "an MCP server is a value here, given where tools are given: tools=[MCPServer.stdio(...)]",
    "messages": "messages are dicts, and what happens is an event: convagent.events",
    "testing": "scripted models and people for tests are in convagent.testing",
    "token_count_utils": "count with the tokenizer of your model; what was used is in ChatResult.cost",
    "tools.toolkit": NAMES["Toolkit"],
    "version": "it is convagent.__version__",
}  # fmt: skip
"""By the path below `autogen`, what to do instead; what is below such a path is absent with it."""


def absent(name: str, module: str = "", there: Iterable[str] = ()) -> Exception:
    """Return the error for a name that is not there, with a sentence if the classic has it.

    Names that the classic has raise ImportError and not AttributeError, because
    ``from module import name`` drops the text of an AttributeError. So does the nearest of the names
    that are `there`, but only where it is imported: `hasattr` stays False for it.
    """
    sentence = NAMES.get(name) or MODULES.get(name)
    where = module or "convagent.compat"
    if sentence is not None:
        return NotAvailable(f"{where} has no {name!r}: {sentence}")
    text = f"module {where!r} has no attribute {name!r}"
    if not _is_imported():
        return NoSuchAttribute(text, name, sys.modules.get(where))
    near = nearest(name, there)
    return NotAvailable(f"{text}; did you mean {near!r}?") if near else AttributeError(text)


def _is_imported() -> bool:
    """Return whether it is ``from package import name`` that asks a package for a name."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("convagent"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"


class _AbsentModules(MetaPathFinder):
    """Raises what to do instead where a mirrored module is imported that is not there."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Find nothing."""
        below = fullname.removeprefix(_MIRROR)
        if below != fullname and below in MODULES:
            raise NotAvailable(f"autogen.{below} has no counterpart in convagent: {MODULES[below]}")


_MIRROR = f"{__package__}."
sys.meta_path.append(_AbsentModules())  # asked last, after whatever finds the modules that are there


def no_more(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a mirrored module: it finds submodules, and raises what `absent` returns.

    A flat name is found in each of them, because scripts import it from wherever the classic had it too:
    ``from autogen.agentchat.assistant_agent import ConversableAgent``.
    """

    def __getattr__(name: str) -> Any:
        if not name.startswith("_") and hasattr(sys.modules[module], "__path__") and find_spec(f"{module}.{name}"):
            return import_module(f"{module}.{name}")
        mirror = sys.modules[__name__.rpartition(".")[0]]
        if name in mirror.__all__:
            return getattr(mirror, name)
        raise absent(name, module, dir(sys.modules[module]))

    return __getattr__
