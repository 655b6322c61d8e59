"""The fields of a model configuration: one table for the checks, the pydantic schema and the JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "secret", "url", "number", "integer", "flag", "choice", "texts", "mapping", "list", "price", "seed", "any"
]
Place = Literal["entry", "connection", "option", "local", "list"]
"""Where a value goes: an attribute of `Entry`; what a client is made with; a parameter of every call;
nowhere but to whoever asks for it; or it belongs to the whole list and not to an entry."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a configuration may have."""

    name: str
    kind: Kind
    place: Place
    doc: str
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()

    @property
    def expects(self) -> str:
        """What a right value is, in words that complete "is not ..."."""
        match self.kind:
            case "number" | "integer":
                noun = "a number" if self.kind == "number" else "a whole number"
                if self.low is not None and self.high is not None:
                    return f"{noun} from {self.low:g} to {self.high:g}"
                return noun if self.low is None else f"{noun} of at least {self.low:g}"
            case "choice":
                return f"one of {', '.join(self.words)}"
            case _:
                return _EXPECTS[self.kind]


_EXPECTS: dict[Kind, str] = {
    "text": "a text that is not empty",
    "secret": "a text without white space",
    "url": "a URL such as 'http://localhost:8000/v1'",
    "flag": "true or false",
    "texts": "a list of texts",
    "mapping": "an object (a dict with texts as keys)",
    "list": "a list",
    "price": "two numbers: US dollars per 1,000 prompt tokens and per 1,000 completion tokens",
    "seed": "a whole number or a text",
}


def _entry() -> Iterable[Field]:
    yield Field("model", "text", "entry", "Name of the model, as the endpoint knows it.")
    yield Field("api_type", "text", "entry", "Which service it is: openai (the default), azure, anthropic, google, ...")
    yield Field("api_key", "secret", "entry", "The key. Without it the service's environment variable is read.")
    yield Field("base_url", "url", "entry", "Address of the endpoint; any OpenAI-compatible server.")
    yield Field("timeout", "number", "entry", "Seconds a call may take.", low=0.001)
    yield Field("max_retries", "integer", "entry", "How often the client repeats a failed call by itself.", low=0)
    yield Field("stream", "flag", "entry", "Whether the answer is read piece by piece.")
    yield Field("response_format", "any", "entry", "A pydantic model or a JSON Schema that answers must satisfy.")
    yield Field("price", "price", "entry", "US dollars per 1,000 prompt tokens and per 1,000 completion tokens.")
    yield Field("cache_seed", "seed", "entry", "Seed of the disk cache; null: no cache.")
    yield Field("model_client_cls", "text", "entry", "Name of the class that register_model_client supplies.")
    yield Field("tags", "texts", "entry", "Words to choose entries by.")


def _connection() -> Iterable[Field]:
    for name, doc in (
        ("api_version", "Version of the Azure interface."),
        ("azure_deployment", "Name of the Azure deployment; the model's name if absent."),
        ("organization", "OpenAI organization."),
        ("project", "OpenAI project."),
        ("aws_region", "Region of Amazon Bedrock."),
        ("aws_profile_name", "Profile of the AWS credentials file."),
        ("project_id", "Google Cloud project."),
        ("location", "Google Cloud region."),
        ("google_application_credentials", "Path of a Google service account file."),
        ("gcp_project_id", "Google Cloud project for Anthropic on Vertex AI."),
        ("gcp_region", "Google Cloud region for Anthropic on Vertex AI."),
        ("proxy", "Address of a proxy."),
        ("client_name", "Name of the program, told to Cohere."),
    ):
        yield Field(name, "text", "connection", doc)
    for name, doc in (
        ("azure_ad_token", "Microsoft Entra token instead of a key."),
        ("aws_access_key", "AWS access key."),
        ("aws_secret_key", "AWS secret key."),
        ("aws_session_token", "AWS session token."),
        ("gcp_auth_token", "Google Cloud token."),
    ):
        yield Field(name, "secret", "connection", doc)
    yield Field("azure_endpoint", "url", "connection", "Address of the Azure resource; the same as base_url.")
    yield Field("client_host", "url", "connection", "Address of an Ollama server, without /v1.")
    yield Field("azure_ad_token_provider", "any", "connection", "A function that returns a Microsoft Entra token.")
    yield Field("credentials", "any", "connection", "Google credentials.")
    yield Field("http_client", "any", "connection", "The HTTP client to use, for proxies and certificates.")
    yield Field("default_headers", "mapping", "connection", "Headers of every request of this client.")
    yield Field("default_query", "mapping", "connection", "Query parameters of every request of this client.")
    yield Field("total_max_attempts", "integer", "connection", "Attempts of the Bedrock client in all.", low=1)
    yield Field("max_attempts", "integer", "connection", "Attempts of the Bedrock client.", low=0)


def _options() -> Iterable[Field]:
    yield Field("temperature", "number", "option", "Randomness of the answer.", low=0, high=2)
    yield Field("top_p", "number", "option", "Share of the probability mass to sample from.", low=0, high=1)
    yield Field("min_p", "number", "option", "Least probability relative to the likeliest token.", low=0, high=1)
    yield Field("frequency_penalty", "number", "option", "Penalty on frequent tokens.", low=-2, high=2)
    yield Field("presence_penalty", "number", "option", "Penalty on tokens that occurred.", low=-2, high=2)
    yield Field("repetition_penalty", "number", "option", "Penalty on repeated tokens (local servers, Together).")
    yield Field("repeat_penalty", "number", "option", "Penalty on repeated tokens (Ollama, llama.cpp).")
    yield Field("max_tokens", "integer", "option", "Most tokens of an answer; -1: no limit, on local servers.", low=-1)
    yield Field("max_completion_tokens", "integer", "option", "Most tokens of an answer, reasoning included.", low=1)
    yield Field("min_tokens", "integer", "option", "Least tokens of an answer.", low=0)
    yield Field("top_k", "integer", "option", "How many of the likeliest tokens to sample from.", low=-1)
    yield Field("k", "integer", "option", "The same as top_k, for Cohere and Bedrock.", low=0)
    yield Field("n", "integer", "option", "How many answers to make; the first is used.", low=1)
    yield Field("seed", "integer", "option", "Seed of the sampling, where the service has one.")
    yield Field("random_seed", "integer", "option", "Seed of the sampling, for Mistral.")
    yield Field("top_logprobs", "integer", "option", "How many likely tokens to report.", low=0, high=20)
    yield Field("num_ctx", "integer", "option", "Size of Ollama's context.", low=1)
    yield Field("num_predict", "integer", "option", "Most tokens of an answer, for Ollama.", low=-2)
    yield Field("thinking_budget", "integer", "option", "Tokens of thought, for Gemini; 0: none.", low=-1)
    for kind, documented in _OPTIONS.items():
        for name, doc in documented.items():
            yield Field(name, kind, "option", doc)


_OPTIONS: dict[Kind, dict[str, str]] = {
    "flag": {
        "parallel_tool_calls": "Whether one answer may propose several tool calls.",
        "store": "Whether OpenAI keeps the answer.",
        "safe_prompt": "Whether Mistral adds its safety prompt.",
        "strict_tools": "Whether Cohere follows tool schemas strictly.",
        "include_thoughts": "Whether Gemini returns its thoughts.",
        "supports_system_prompts": "Whether the Bedrock model takes a system message.",
    },
    "text": {
        "user": "Who the end user is, for the service's own abuse checks.",
        "reasoning_effort": "How hard to think: none, minimal, low, medium, high, ...",
        "verbosity": "How long to answer: low, medium, high.",
        "service_tier": "Which tier of the service to use.",
        "thinking_level": "How hard Gemini thinks.",
        "safety_model": "Together's moderation model.",
        "voice": "Voice of a spoken answer.",
        "prompt_cache_key": "Which requests share OpenAI's prompt cache.",
        "safety_identifier": "Who the end user is, as a hash.",
    },
    "mapping": {
        "extra_body": "More fields of every request, sent as they are.",
        "extra_headers": "More headers of every request.",
        "extra_query": "More query parameters of every request.",
        "logit_bias": "Bias of single tokens.",
        "metadata": "Labels kept with the answer.",
        "thinking": "Anthropic's extended thinking.",
        "stream_options": "Options of a streamed answer.",
        "additional_model_request_fields": "More fields of a Bedrock request.",
    },
    "any": {
        "tool_choice": "none, auto, required, or the tool to call.",
        "tool_config": "Gemini's tool configuration.",
        "logprobs": "Whether to report the probability of tokens.",
        "stop": "Texts at which an answer ends.",
        "safety_settings": "Gemini's safety settings.",
        "modalities": "Kinds of output.",
        "audio": "Form of a spoken answer.",
        "prediction": "Text that the answer probably repeats.",
        "web_search_options": "Options of a searching model.",
    },
    "texts": {
        "stop_sequences": "Texts at which an answer ends, for Anthropic.",
    },
}
"""Options that are no numbers: by kind, their names and what they are for."""


def _local() -> Iterable[Field]:
    yield Field(
        "hide_tools",
        "choice",
        "local",
        "When to stop offering tools that were called already.",
        words=("never", "if_any_run", "if_all_run"),
    )
    yield Field("native_tool_calls", "flag", "local", "Whether Ollama's own tool calls are used; here they always are.")
    yield Field("use_responses", "flag", "local", "Whether to use OpenAI's Responses interface; not served.")
    yield Field("built_in_tools", "texts", "local", "Tools of OpenAI's Responses interface; not served.")
    yield Field("mode", "text", "local", "How the Bedrock client repeats calls; max_retries decides here.")


def _list() -> Iterable[Field]:
    yield Field("tools", "list", "list", "Tool schemas that every request offers.")
    yield Field("functions", "list", "list", "Function schemas that every request offers, in the older form.")
    yield Field(
        "routing_method",
        "choice",
        "list",
        "fixed_order: the first entry that answers; round_robin: each request starts one further.",
        words=("fixed_order", "round_robin"),
    )
    yield Field("check_every_ms", "integer", "list", "Accepted for old configurations, without effect.", low=0)
    yield Field("allow_format_str_template", "flag", "list", "Templates in messages; only false is accepted.")


FIELDS: dict[str, Field] = {
    f.name: f for group in (_entry(), _connection(), _options(), _local(), _list()) for f in group
}
"""Every known field by name."""

RENAMED: dict[str, str] = {
    "api_base": "base_url",
    "engine": "model",
    "deployment_id": "azure_deployment",
    "request_timeout": "timeout",
    "use_cache": "cache_seed",
    "max_retry_period": "max_retries",
    "retry_wait_time": "max_retries",
}
"""Names of older versions, and what they are called now."""

API_TYPES: tuple[str, ...] = (
    "openai", "azure", "anthropic", "google", "google_vertex", "bedrock", "cohere", "mistral", "groq", "together",
    "deepseek", "cerebras", "openrouter", "ollama", "vllm", "lmstudio", "llamacpp",
)  # fmt: skip
"""The services that are known by name; any other name is passed to litellm."""


def nearest(word: str, words: Iterable[str], cutoff: float = 0.85) -> str | None:
    """Return the known word that an unknown one is probably a misspelling of."""
    from difflib import get_close_matches

    lowered = {w.lower().replace("_", ""): w for w in words}
    found = get_close_matches(word.lower().replace("_", "").replace("-", ""), lowered, n=1, cutoff=cutoff)
    return lowered[found[0]] if found else None
