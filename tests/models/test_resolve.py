"""From a configuration to its client: services, keys, order, cache, custom classes."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from convagent.errors import AllModelsFailed, BadModelReply, ConfigError, MissingExtra, ModelError
from convagent.messages import Usage, user
from convagent.models.base import ModelClient, ModelReply, ModelRequest, ModelSkipped
from convagent.models.config import LLMConfig
from convagent.models.custom import CustomClass, custom_client
from convagent.models.entry import Entry, Secret
from convagent.models.resolve import COMPATIBLE, client_for
from convagent.models.scripted import ScriptedModel
from convagent.testing.openai_server import OpenAIServer, status

KEY = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"
TOOL = {"type": "function", "function": {"name": "add", "parameters": {}}}
OTHER_TOOL = {"type": "function", "function": {"name": "sub", "parameters": {}}}


def ask(client: ModelClient, *texts: str, **more: Any) -> ModelReply:
    """Ask a client once, in an event loop of its own."""
    messages = [user(text) for text in texts or ("hello",)]
    return asyncio.run(client.complete(ModelRequest(messages, **more)))


# ---------------------------------------------------------------- which client


def test_a_client_is_itself_when_it_is_the_only_entry() -> None:
    """A scripted model needs nothing around it."""
    model = ScriptedModel(["hi"])
    assert client_for(model) is model
    assert client_for(LLMConfig(model)) is model


def test_a_client_is_made_once_when_a_configuration_serves_many_agents() -> None:
    """Copies share it; a changed configuration gets its own."""
    config = LLMConfig({"model": "a", "api_key": KEY}, {"model": "b", "api_key": KEY})
    client = client_for(config)
    assert client_for(config) is client
    assert client_for(copy.deepcopy(config)) is client
    coerced = LLMConfig.coerce(config)
    assert coerced is not None
    assert client_for(coerced) is client
    config.temperature = 0
    assert client_for(config) is not client
    assert client_for(coerced) is client


def test_an_endpoint_is_asked_as_configured() -> None:
    """Key, headers and parameters of the entry reach the server, secrets in plain text."""
    with OpenAIServer(["hi"]) as server:
        config = LLMConfig(
            model="m",
            base_url=server.base_url,
            api_key=KEY,
            temperature=0,
            default_headers={"x-api-key": "gate"},
            extra_headers={"x-secret": "more"},
            extra_body={"upstream": {"token": "t"}},
            guided_choice=["a"],
        )
        assert ask(client_for(config)).message == {"role": "assistant", "content": "hi"}
    (received,) = server.requests
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["x-api-key"] == "gate"
    assert received.headers["x-secret"] == "more"
    assert {k: received.body[k] for k in ("model", "temperature", "upstream", "guided_choice")} == {
        "model": "m",
        "temperature": 0,
        "upstream": {"token": "t"},
        "guided_choice": ["a"],
    }


def test_the_next_entry_answers_when_one_fails() -> None:
    """Entries are tried in order, and the failure is told."""
    with OpenAIServer([status(401), "from the second"]) as server:
        entry = {"base_url": server.base_url, "api_key": KEY, "max_retries": 0}
        client = client_for(LLMConfig({"model": "a", **entry}, {"model": "b", **entry}))
        notices: list[Any] = []
        reply = asyncio.run(client.complete(ModelRequest([user("x")]), notices.append))
    assert reply.message.get("content") == "from the second"
    assert [n.model for n in notices if isinstance(n, ModelSkipped)] == ["a"]


def test_requests_go_round_when_the_configuration_says_so() -> None:
    """round_robin begins each request of a run one entry further."""
    config = LLMConfig(ScriptedModel(["a"] * 4), ScriptedModel(["b"] * 4), routing_method="round_robin")
    client = client_for(config)
    assert [ask(client, turn=turn).message.get("content") for turn in range(4)] == ["a", "b", "a", "b"]


def test_a_reply_comes_from_the_disk_when_a_seed_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request is paid for once; another parameter is another request."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with OpenAIServer(["one", "two"]) as server:
        entry = {"model": "m", "base_url": server.base_url, "api_key": KEY}
        first = ask(client_for(LLMConfig(entry, cache_seed=42)))
        again = ask(client_for(LLMConfig(entry, cache_seed=42)))
        other = ask(client_for(LLMConfig(entry, cache_seed=42, temperature=0)))
    assert [r.message.get("content") for r in (first, again, other)] == ["one", "one", "two"]
    assert [r.cached for r in (first, again, other)] == [False, True, False]
    assert len(server.requests) == 2


def test_tools_are_hidden_when_they_have_run() -> None:
    """hide_tools leaves them out of later requests."""
    called: Any = {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "add"}}]}
    result: Any = {"role": "tool", "tool_call_id": "1", "content": "3"}
    with OpenAIServer(["a", "b", "c"]) as server:
        for hide in ("never", "if_any_run", "if_all_run"):
            config = LLMConfig(model="m", base_url=server.base_url, api_key=KEY, hide_tools=hide)
            request = ModelRequest([user("x"), called, result], tools=[TOOL, OTHER_TOOL])
            asyncio.run(client_for(config).complete(request))
    assert ["tools" in body for body in server.bodies] == [True, False, True]


# ---------------------------------------------------------------- keys and services


@pytest.mark.parametrize(
    ("given", "variable"),
    [({"model": "m"}, "OPENAI_API_KEY"), ({"model": "m", "base_url": "https://api.openai.com/v1"}, "OPENAI_API_KEY")]
    + [({"model": "m", "api_type": name}, s.variable) for name, s in COMPATIBLE.items() if s.variable]
    + [
        (
            {"model": "m", "api_type": "azure", "base_url": "https://x.openai.azure.com", "api_version": "1"},
            "AZURE_OPENAI_API_KEY",
        )
    ],
)
def test_a_missing_key_is_told_with_its_variable(
    given: dict[str, Any], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making the configuration needs no key; making the client says where it may stand; the variable will do."""
    monkeypatch.delenv(variable, raising=False)
    config = LLMConfig(given)
    with pytest.raises(ConfigError, match=f"no api_key; put it there, or set the environment variable {variable}"):
        client_for(config)
    monkeypatch.setenv(variable, KEY)
    assert client_for(config).label == "m"


def test_a_missing_key_is_told_with_its_entry_when_there_are_several() -> None:
    """Number, model and service say which entry is meant."""
    with pytest.raises(ConfigError, match=r"entry 2 of the LLMConfig \(model 'b', api_type 'groq'\): no api_key"):
        client_for(LLMConfig({"model": "a", "api_key": KEY}, {"model": "b", "api_type": "groq"}))


def test_no_key_is_needed_when_a_server_is_named() -> None:
    """Local servers want none."""
    with OpenAIServer(["hi"]) as server:
        assert ask(client_for(LLMConfig(model="m", base_url=server.base_url))).message.get("content") == "hi"
        assert KEY not in server.requests[0].headers["authorization"]


@pytest.mark.parametrize("name", ["ollama", "vllm", "lmstudio", "llamacpp"])
def test_a_local_service_needs_no_key_and_no_address(name: str) -> None:
    """Its usual port on this machine is the default."""
    client = client_for(LLMConfig(model="m", api_type=name))
    assert COMPATIBLE[name].base_url in repr(client)


def test_the_key_of_one_service_is_not_sent_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY stays with endpoints of api_type openai."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with OpenAIServer(["hi"]) as server:
        ask(client_for(LLMConfig(model="m", api_type="vllm", base_url=server.base_url)))
        ask_groq = LLMConfig(model="m", api_type="groq")
        with pytest.raises(ConfigError, match="GROQ_API_KEY"):
            client_for(ask_groq)
    assert KEY not in server.requests[0].headers["authorization"]


def test_azure_is_asked_at_its_deployment() -> None:
    """The path names the deployment, the key is in Azure's header."""
    with OpenAIServer(["hi"]) as server:
        config = LLMConfig(
            {"api_type": "azure", "model": "d", "azure_endpoint": server.azure_endpoint, "api_version": "2024-10-21"},
            api_key=KEY,
        )
        assert ask(client_for(config)).message.get("content") == "hi"
    assert server.requests[0].path.startswith("/openai/deployments/d/chat/completions?api-version=2024-10-21")
    assert server.requests[0].headers["api-key"] == KEY


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"api_type": "azure", "api_key": KEY}, "no base_url; put the address of your Azure resource there"),
        ({"api_type": "azure", "api_key": KEY, "base_url": "https://x"}, "no api_version; put it there"),
        ({"api_type": "responses"}, "Responses interface is not served; use api_type='openai'"),
        ({"use_responses": True, "api_key": KEY}, "Responses interface is not served; use api_type='openai'"),
    ],
)
def test_what_cannot_be_served_is_told(given: dict[str, Any], text: str) -> None:
    """The client is refused when it is made, with the way out."""
    with pytest.raises(ConfigError, match=text):
        client_for(LLMConfig({"model": "m", **given}))


@pytest.mark.skipif(importlib.util.find_spec("litellm") is not None, reason="litellm is installed")
@pytest.mark.parametrize("name", ["anthropic", "google", "bedrock", "cohere", "watsonx"])
def test_an_extra_is_named_when_a_service_needs_it(name: str) -> None:
    """Services of other kinds are litellm's."""
    with pytest.raises(MissingExtra, match=r"pip install 'convagent\[litellm\]'"):
        client_for(LLMConfig(model="m", api_type=name, api_key=KEY))


def test_values_for_all_are_kept_from_entries_they_are_not_for() -> None:
    """An Azure version beside the list does no harm to an OpenAI entry."""
    config = LLMConfig({"model": "m"}, {"model": "n"}, api_version="2024-10-21", api_key=KEY)
    assert client_for(config).label == "m"


# ---------------------------------------------------------------- custom classes


class Client:
    """A client as the classic's users wrote them."""

    def __init__(self, config: dict[str, Any], suffix: str = "", answer: Any = None) -> None:
        self.config = config
        self.suffix = suffix
        self.answer = answer
        self.params: dict[str, Any] = {}
        self.thread = ""

    def create(self, params: dict[str, Any]) -> Any:
        """Answer with a namespace, as the classic's example does."""
        self.params = params
        self.thread = threading.current_thread().name
        text = f"{params['messages'][-1]['content']}{self.suffix}"
        return SimpleNamespace(
            model=self.config["model"], choices=[SimpleNamespace(message=SimpleNamespace(content=text))]
        )

    def message_retrieval(self, response: Any) -> Any:
        """Return the texts, or what the test wants."""
        return [c.message.content for c in response.choices] if self.answer is None else self.answer

    def cost(self, response: Any) -> float:
        """Every answer costs a quarter."""
        return 0.25

    @staticmethod
    def get_usage(response: Any) -> dict[str, Any]:
        """Return counts, and the cost that stands on the response."""
        return {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": response.cost, "model": "m"}


ENTRY = Entry("m", api_key=Secret(KEY), model_client_cls="Client", options={"device": "cpu", "n": 1})


def test_a_custom_class_answers_when_it_is_registered() -> None:
    """It is made with the entry's fields, called with the request in a worker thread, and its usage counts."""
    made: list[Client] = []

    def make(config: dict[str, Any], **kwargs: Any) -> Client:
        made.append(Client(config, **kwargs))
        return made[-1]

    config = LLMConfig({"model": "m", "model_client_cls": "Client", "device": "cpu", "api_key": KEY, "temperature": 0})
    client = client_for(config, {"Client": CustomClass(make, {"suffix": "!"})})
    reply = ask(client, "hello", tools=[TOOL])
    assert reply == ModelReply({"role": "assistant", "content": "hello!"}, Usage(3, 4, 0.25), "m", "Client", "stop")
    assert made[0].config == {
        "model": "m",
        "api_type": "openai",
        "api_key": KEY,
        "model_client_cls": "Client",
        "device": "cpu",
        "temperature": 0,
    }
    assert made[0].params == {
        "model": "m",
        "model_client_cls": "Client",
        "stream": False,
        "messages": [user("hello")],
        "tools": [TOOL],
        "device": "cpu",
        "temperature": 0,
    }
    assert made[0].thread != threading.main_thread().name
    assert KEY not in repr(client)


def test_a_custom_class_is_asked_for_when_it_is_not_registered() -> None:
    """The request says what to call; the other entries are served meanwhile."""
    config = LLMConfig({"model": "m", "model_client_cls": "Client"})
    with pytest.raises(ConfigError, match=r"call bot.register_model_client\(model_client_cls=Client\) before the chat"):
        ask(client_for(config), agent="bot")


def test_other_entries_keep_their_clients_when_a_class_is_registered() -> None:
    """Only the entries of custom classes are made anew."""
    config = LLMConfig({"model": "a", "api_key": KEY}, {"model": "m", "model_client_cls": "Client"})
    before: Any = client_for(config)
    after: Any = client_for(config, {"Client": CustomClass(Client, {})})
    assert before.clients[0] is after.clients[0]
    assert before.clients[1] is not after.clients[1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("text", {"role": "assistant", "content": "text"}),
        ([{"content": "dict"}], {"role": "assistant", "content": "dict"}),
        ([SimpleNamespace(content="object", tool_calls=None)], {"role": "assistant", "content": "object"}),
        (
            [
                SimpleNamespace(
                    content=None,
                    tool_calls=[SimpleNamespace(id="1", function=SimpleNamespace(name="add", arguments="{}"))],
                )
            ],
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
            },
        ),
        (
            [SimpleNamespace(model_dump=lambda: {"role": "assistant", "content": "model", "refusal": None})],
            {"role": "assistant", "content": "model"},
        ),
    ],
)
def test_a_custom_answer_is_read_in_every_shape(answer: Any, expected: Any) -> None:
    """Texts, dicts, objects and pydantic models are messages."""
    assert ask(custom_client(ENTRY, Client, answer=answer)).message == expected


@pytest.mark.parametrize("answer", [[], [None], [5], [{}]])
def test_a_custom_answer_without_a_message_is_told(answer: Any) -> None:
    """The error names the method."""
    with pytest.raises(BadModelReply, match=r"Client\.message_retrieval returned no message"):
        ask(custom_client(ENTRY, Client, answer=answer))


def test_a_custom_class_may_be_async() -> None:
    """An async create is awaited."""

    class Async(Client):
        async def create(self, params: dict[str, Any]) -> Any:
            await asyncio.sleep(0)
            return super().create(params)

    assert ask(custom_client(ENTRY, Async)).message.get("content") == "hello"


def test_the_next_entry_answers_when_a_custom_class_raises() -> None:
    """Whatever it raises is a ModelError with the cause."""

    class Broken(Client):
        def create(self, params: dict[str, Any]) -> Any:
            raise LookupError("no weights")

    with pytest.raises(ModelError, match="Broken raised LookupError: no weights") as caught:
        ask(custom_client(ENTRY, Broken))
    assert isinstance(caught.value.__cause__, LookupError)
    config = LLMConfig({"model": "m", "model_client_cls": "Broken"}, ScriptedModel(["from the second"]))
    client = client_for(config, {"Broken": CustomClass(Broken, {})})
    assert ask(client).message.get("content") == "from the second"
    with pytest.raises(AllModelsFailed):
        ask(client, turn=1)


def test_a_custom_class_is_refused_when_it_lacks_a_method() -> None:
    """All missing methods are named."""

    class Half:
        def __init__(self, config: dict[str, Any]) -> None: ...

        def create(self, params: dict[str, Any]) -> Any: ...

    with pytest.raises(ConfigError, match="Half has no method message_retrieval and no method cost"):
        custom_client(ENTRY, Half)
