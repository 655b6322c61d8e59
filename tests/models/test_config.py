"""LLMConfig: forms, precedence, reading, copying, `with`, errors, masked keys."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import threading
import traceback
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convagent.errors import ConfigError
from convagent.models.config import LLMConfig
from convagent.models.entry import Entry, Secret
from convagent.models.fields import FIELDS
from convagent.models.scripted import ScriptedModel

KEY = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"


def entry(config: LLMConfig | None, number: int = 0) -> Entry:
    """Return one entry, which must not be a client."""
    assert config is not None
    found = config.entries[number]
    assert isinstance(found, Entry)
    return found


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(
    "config",
    [
        LLMConfig(api_type="openai", model="m", api_key=KEY, temperature=0.5),
        LLMConfig({"api_type": "openai", "model": "m", "api_key": KEY, "temperature": 0.5}),
        LLMConfig({"model": "m", "api_key": KEY}, temperature=0.5),
        LLMConfig([{"model": "m", "api_key": KEY}], temperature=0.5),
        LLMConfig(config_list=[{"model": "m", "api_key": KEY}], temperature=0.5),
        LLMConfig(config_list={"model": "m", "api_key": KEY}, temperature=0.5),
        LLMConfig({"config_list": [{"model": "m", "api_key": KEY}], "temperature": 0.5}),
        LLMConfig.coerce({"config_list": [{"model": "m", "api_key": KEY}], "temperature": 0.5}),
        LLMConfig.coerce({"model": "m", "api_key": KEY, "temperature": 0.5}),
        LLMConfig.coerce([{"model": "m", "api_key": KEY, "temperature": 0.5}]),
    ],
)
def test_every_form_means_the_same(config: LLMConfig) -> None:
    """Keywords, one dict, a list, a config_list and the plain dict of old scripts make equal configurations."""
    assert config == LLMConfig(model="m", api_key=KEY, temperature=0.5)
    assert config.entries == (Entry("m", "openai", Secret(KEY), options={"temperature": 0.5}),)


def test_entries_keep_their_order_when_several_are_given() -> None:
    """Positional entries and those of config_list follow each other."""
    config = LLMConfig({"model": "a"}, {"model": "b"}, config_list=[{"model": "c"}])
    assert [e["model"] for e in config.config_list if not isinstance(e, ScriptedModel)] == ["a", "b", "c"]


def test_an_entrys_zero_wins_over_the_value_for_all() -> None:
    """An entry's own value counts, 0 and False included; the others take the list's."""
    config = LLMConfig({"model": "a", "temperature": 0, "stream": False}, {"model": "b"}, temperature=1.5, stream=True)
    assert [entry(config, i).options["temperature"] for i in (0, 1)] == [0, 1.5]
    assert [entry(config, i).stream for i in (0, 1)] == [False, True]


def test_none_means_not_set_when_an_entry_has_it() -> None:
    """None in an entry does not hide the value for all."""
    assert entry(LLMConfig({"model": "a", "top_p": None}, {"model": "b"}, top_p=0.5)).options == {"top_p": 0.5}


def test_values_go_where_clients_look_for_them() -> None:
    """Attributes, connection settings and call parameters are told apart; unknown names are parameters."""
    found = entry(
        LLMConfig(
            {
                "model": "m",
                "base_url": "localhost:8000/v1",
                "api_key": KEY,
                "timeout": 30,
                "max_retries": 0,
                "stream": True,
                "price": [0.1, 0.2],
                "tags": ["cheap"],
                "cache_seed": 42,
                "organization": "org",
                "default_headers": {"Authorization": "Bearer x", "X-Team": "blue"},
                "temperature": 2,
                "extra_body": {"top_k": 5},
                "guided_choice": ["yes", "no"],
                "hide_tools": "never",
            }
        )
    )
    assert found == Entry(
        model="m",
        api_key=Secret(KEY),
        base_url="http://localhost:8000/v1",
        timeout=30,
        max_retries=0,
        stream=True,
        price=(0.1, 0.2),
        tags=("cheap",),
        cache_seed=42,
        connection={
            "organization": "org",
            "default_headers": {"Authorization": Secret("Bearer x"), "X-Team": "blue"},
        },
        options={"temperature": 2, "extra_body": {"top_k": 5}, "guided_choice": ["yes", "no"]},
    )


def test_classic_fields_of_each_service_are_accepted() -> None:
    """What the classic's entries of other services had is no error."""
    config = LLMConfig(
        {"api_type": "bedrock", "model": "b", "aws_region": "eu-west-1", "aws_secret_key": "s3cret"},
        {"api_type": "google", "model": "g", "project_id": "p", "safety_settings": [{"category": "x"}]},
        {"api_type": "anthropic", "model": "a", "thinking": {"type": "enabled"}, "stop_sequences": ["x"]},
        {"api_type": "ollama", "model": "o", "client_host": "http://box:11434", "num_ctx": 2048},
        {"api_type": "azure", "azure_deployment": "d", "azure_endpoint": "https://x.openai.azure.com"},
        {"api_type": "cohere", "model": "c", "client_name": "n", "k": 3},
        {"model": "r", "reasoning_effort": "high", "verbosity": "low", "logprobs": True, "tool_choice": "auto"},
    )
    assert entry(config, 0).connection == {"aws_region": "eu-west-1", "aws_secret_key": Secret("s3cret")}
    assert entry(config, 3).base_url == "http://box:11434/v1"
    assert (entry(config, 4).model, entry(config, 4).base_url) == ("d", "https://x.openai.azure.com")


@pytest.mark.parametrize("seed", [None, False])
def test_nothing_is_cached_unless_asked_for(seed: Any) -> None:
    """Without a seed, and with the old ways to switch the cache off, there is none."""
    assert entry(LLMConfig(model="m", cache_seed=seed)).cache_seed is None


def test_text_is_coerced_when_it_is_a_number() -> None:
    """Values from files of variables come as text; pydantic reads them."""
    assert entry(LLMConfig(model="m", temperature="0.5", max_tokens="10")).options == {  # type: ignore[arg-type]
        "temperature": 0.5,
        "max_tokens": 10,
    }


def test_temperature_up_to_two_is_accepted() -> None:
    """The services take 0 to 2, and so do we."""
    assert entry(LLMConfig(model="m", temperature=2)).options == {"temperature": 2}


def test_other_spellings_of_a_service_are_understood() -> None:
    """api_type is not case-sensitive, and old names are the new ones."""
    assert [entry(LLMConfig(model="m", api_type=t)).api_type for t in ("OpenAI", "open_ai", "azure_ad")] == [
        "openai",
        "openai",
        "azure",
    ]


def test_an_unknown_service_is_kept_when_it_is_like_no_known_one() -> None:
    """Whether it can be served is decided when its client is made."""
    assert entry(LLMConfig(model="m", api_type="watsonx")).api_type == "watsonx"


# ---------------------------------------------------------------- clients as entries


def test_a_client_is_an_entry_when_given_in_any_form() -> None:
    """A scripted model may stand alone, in a list, or beside dicts."""
    model = ScriptedModel(["hi"])
    for config in (LLMConfig(model_ := model), LLMConfig(config_list=[model]), LLMConfig.coerce(model_)):
        assert config is not None
        assert config.entries == (model,)
    assert LLMConfig({"model": "a"}, model).entries[1] is model
    assert LLMConfig.coerce([model, {"model": "a"}]) == LLMConfig(model, {"model": "a"})


def test_a_client_is_shared_when_the_configuration_is_copied() -> None:
    """Clients cannot be copied and hold no conversation."""
    config = LLMConfig(ScriptedModel(["hi"]), temperature=0)
    assert copy.deepcopy(config).entries[0] is config.entries[0]


def test_a_class_is_refused_when_an_instance_is_meant() -> None:
    """Forgetting the parentheses is told at once."""
    with pytest.raises(ConfigError, match="make an instance of it"):
        LLMConfig(ScriptedModel)  # type: ignore[arg-type]


# ---------------------------------------------------------------- coerce


def test_coerce_means_no_model_when_false() -> None:
    """False switches the model off, inside a `with` block too."""
    with LLMConfig(model="m"):
        assert LLMConfig.coerce(False) is None
    assert LLMConfig.coerce(None) is None


@pytest.mark.parametrize("value", [True, 5, "gpt-4", object()])
def test_coerce_refuses_what_is_no_configuration(value: Any) -> None:
    """The text names what is accepted."""
    with pytest.raises(ConfigError, match="expected an LLMConfig, a dict, a list of entries, a model client, or False"):
        LLMConfig.coerce(value)


def test_a_text_for_a_configuration_is_told_what_to_write() -> None:
    """A model's name or a file's in the place of a configuration names the call that takes it."""
    name: Any = "gpt-4"
    for make in (LLMConfig.coerce, LLMConfig):
        with pytest.raises(ConfigError, match=r"for the name of a model write LLMConfig\(model=\.\.\.\), for a file"):
            make(name)


def test_coerce_does_not_change_the_dict_it_is_given() -> None:
    """One dict serves many agents."""
    given = {"config_list": [{"model": "m", "default_headers": {"a": "b"}}], "cache_seed": 42}
    before = copy.deepcopy(given)
    LLMConfig.coerce(given)
    assert given == before


# ---------------------------------------------------------------- with


def test_with_is_current_when_nested_and_after() -> None:
    """The innermost block counts, and each end restores what was."""
    a, b = LLMConfig(model="a"), LLMConfig(model="b")
    assert LLMConfig.get_current_llm_config() is None
    with a as entered:
        assert entered is a
        assert LLMConfig.current == a
        with b, a, b:
            assert LLMConfig.current == b
            assert LLMConfig.coerce(None) == b
            assert LLMConfig.get_current_llm_config(a) is a
        assert LLMConfig.current == a
    assert LLMConfig.get_current_llm_config() is None


def test_with_ends_when_the_block_raises() -> None:
    """An exception leaves nothing behind."""
    with pytest.raises(ZeroDivisionError), LLMConfig(model="a"):
        raise ZeroDivisionError
    assert LLMConfig.get_current_llm_config() is None


def test_with_is_not_seen_when_in_another_thread() -> None:
    """Blocks of different threads do not mix."""
    seen: list[object] = []
    with LLMConfig(model="a"):
        thread = threading.Thread(target=lambda: seen.append(LLMConfig.get_current_llm_config()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_current_says_what_to_do_when_there_is_none() -> None:
    """Outside a block the error names the block."""
    with pytest.raises(ConfigError, match="inside `with llm_config:`"):
        _ = LLMConfig.current


# ---------------------------------------------------------------- reading and changing


def test_values_are_read_as_items_and_attributes() -> None:
    """A configuration reads like a dict; known fields that are not set are None."""
    config = LLMConfig(model="m", api_key=KEY, temperature=0, tools=[{"type": "function"}])
    assert config["temperature"] == 0
    assert config.temperature == 0
    assert config["model"] == "m"
    assert config.get("seed", 7) == 7
    assert config["seed"] is None
    assert config.seed is None
    assert "temperature" in config
    assert "seed" not in config
    assert config.tools == [{"type": "function"}]
    assert list(config.keys()) == ["config_list", "temperature", "tools"]
    assert dict(config.items())["temperature"] == 0
    with pytest.raises(KeyError):
        config["temprature"]
    with pytest.raises(AttributeError):
        _ = config.temprature


def test_entries_are_read_as_items_and_attributes() -> None:
    """config_list gives mappings with the values that count; a key is given to who asks by its name."""
    config = LLMConfig({"model": "a", "api_key": KEY}, {"model": "b"}, temperature=1)
    first: Any = config.config_list[0]
    assert (first["model"], first.model, first.get("temperature"), first.api_type) == ("a", "a", 1, "openai")
    assert first["api_key"] == KEY
    assert first.base_url is None
    assert {**first, "model": "c"} == {"api_type": "openai", "temperature": 1, "model": "c", "api_key": KEY}
    with pytest.raises(AttributeError):
        _ = first.modle
    with pytest.raises(TypeError):
        first["model"] = "x"


def test_a_change_counts_when_set_after_construction() -> None:
    """Values for all entries may be set, are checked, and leave copies alone."""
    config = LLMConfig({"model": "m", "temperature": 0})
    before = config.copy()
    config["temperature"] = 1
    config.top_p = 0.5
    assert entry(config).options == {"temperature": 1, "top_p": 0.5}
    assert entry(before).options == {"temperature": 0}
    with pytest.raises(ConfigError, match="temperature=3 is not a number from 0 to 2"):
        config.temperature = 3
    config["config_list"] = [{"model": "n"}]
    assert entry(config) == Entry("n", options={"temperature": 1, "top_p": 0.5})


def test_an_endpoint_is_forgotten_when_its_entry_is_replaced() -> None:
    """A key never goes with entries it was not given for."""
    config = LLMConfig(model="m", api_key=KEY, base_url="https://a.example/v1")
    config["config_list"] = [{"model": "n"}]
    assert entry(config) == Entry("n")


def test_a_copy_is_equal_and_takes_changes() -> None:
    """copy, copy.copy, copy.deepcopy, pickle and model_dump all give the same configuration."""
    config = LLMConfig({"model": "a", "api_key": KEY}, {"model": "b"}, temperature=1, routing_method="round_robin")
    for other in (
        config.copy(),
        config.deepcopy(),
        copy.copy(config),
        copy.deepcopy(config),
        pickle.loads(pickle.dumps(config)),
        LLMConfig(**config.model_dump()),
        LLMConfig(**{name: config[name] for name in config}),
    ):
        assert other == config
        assert other is not config
    assert config.copy(temperature=0) == LLMConfig(
        {"model": "a", "api_key": KEY}, {"model": "b"}, temperature=0, routing_method="round_robin"
    )
    assert config != config.copy(temperature=0)
    assert config != "config"


def test_an_http_client_is_shared_when_copied() -> None:
    """A client that cannot be copied is no reason for an error."""

    class Client:
        def __deepcopy__(self, memo: object) -> Client:
            raise TypeError("cannot be copied")

    client = Client()
    config = copy.deepcopy(LLMConfig(model="m", http_client=client))
    assert entry(config).connection["http_client"] is client


def test_where_keeps_the_entries_that_match() -> None:
    """Criteria match values, items of tags, None for what is not set; values for all entries stay."""
    config = LLMConfig(
        {"model": "a", "tags": ["fast", "cheap"]},
        {"model": "b", "tags": ["slow"], "temperature": 0},
        {"model": "c"},
        temperature=1,
    )

    def models(found: LLMConfig) -> list[str]:
        return [e.model for e in found.entries if isinstance(e, Entry)]

    assert models(config.where(model="a")) == ["a"]
    assert models(config.where(tags=["cheap", "slow"])) == ["a", "b"]
    assert models(config.where(tags=None)) == ["c"]
    assert models(config.where(tags={"slow", None}, temperature=0)) == ["b"]
    assert models(config.where(exclude=True, tags="fast")) == ["b", "c"]
    assert models(config.where(api_type="openai")) == ["a", "b", "c"]
    assert config.where(model="c")["temperature"] == 1
    with pytest.raises(ConfigError, match="no entry of the configuration meets model='d'"):
        config.where(model="d")


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"temperature": 3}, "LLMConfig(...): temperature=3 is not a number from 0 to 2"),
        ({"temperature": float("nan")}, "LLMConfig(...): temperature=nan is not a number from 0 to 2"),
        ({"temperature": True}, "LLMConfig(...): temperature=True is not a number from 0 to 2"),
        ({"max_tokens": 1.5}, "LLMConfig(...): max_tokens=1.5 is not a whole number of at least -1"),
        ({"stream": "maybe"}, "LLMConfig(...): stream='maybe' is not true or false"),
        ({"tags": "cheap"}, "LLMConfig(...): tags='cheap' is not a list of texts"),
        ({"base_url": ""}, "LLMConfig(...): base_url='' is not a URL such as 'http://localhost:8000/v1'"),
        (
            {"hide_tools": "if_any"},
            "LLMConfig(...): hide_tools='if_any' is not one of never, if_any_run, if_all_run; did you mean if_any_run?",
        ),
        ({"api_base": "x"}, "LLMConfig(...): 'api_base' is called base_url now"),
        (
            {"temprature": 1},
            "LLMConfig(...): 'temprature' is not a known field; did you mean temperature? "
            "(A parameter that only your server knows goes into extra_body.)",
        ),
        (
            {"price": [1]},
            "LLMConfig(...): price=a tuple is not two numbers: US dollars per 1,000 prompt tokens "
            "and per 1,000 completion tokens",
        ),
        ({"api_key": 5}, "LLMConfig(...): api_key is not a text without white space but an object of type int"),
        (
            {"api_key": "<your key>"},
            "LLMConfig(...): api_key is still the placeholder of the sample file; put the key there",
        ),
        ({"api_key": "**********"}, "LLMConfig(...): api_key is the mask that is shown instead of a key, not a key"),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted(given: dict[str, Any], text: str) -> None:
    """The error names the field and what it takes."""
    with pytest.raises(ConfigError) as caught:
        LLMConfig(model="m", **given)
    assert str(caught.value) == text


def test_a_misspelt_service_is_told() -> None:
    """The nearest known one is suggested."""
    with pytest.raises(ConfigError, match="api_type='opnai' is not a known service; did you mean openai"):
        LLMConfig(model="m", api_type="opnai")


@pytest.mark.parametrize("given", [{}, {"config_list": []}, {"config_list": [{}]}])
def test_no_entry_is_an_error(given: dict[str, Any]) -> None:
    """An empty configuration is refused where it is made."""
    with pytest.raises(ConfigError, match=r"no entry; expected model='\.\.\.', or a list of entries that is not empty"):
        LLMConfig(**given)


def test_a_missing_model_is_told_with_the_field_that_may_be_meant() -> None:
    """A misspelling that is no near miss of anything is still found when the model is missing."""
    with pytest.raises(ConfigError, match=r"entry 2: no model; expected model='...'.*; is 'modle' meant\?"):
        LLMConfig({"model": "a"}, {"modle": "b"})


def test_all_faults_are_told_at_once() -> None:
    """One run shows everything that is to be put right, each with its entry."""
    with pytest.raises(ConfigError) as caught:
        LLMConfig({"model": "a", "top_p": 2}, {"model": "b", "seed": "x", "timeout": 0}, temperature=-1)
    assert str(caught.value) == (
        "4 faults in the model configuration:\n"
        "  LLMConfig(...): temperature=-1 is not a number from 0 to 2\n"
        "  LLMConfig(...), entry 1: top_p=2 is not a number from 0 to 1\n"
        "  LLMConfig(...), entry 2: seed='x' is not a whole number\n"
        "  LLMConfig(...), entry 2: timeout=0 is not a number of at least 0.001"
    )


def test_a_field_of_the_whole_list_is_refused_when_in_one_of_several_entries() -> None:
    """Tools are offered to every model; in the single dict of old scripts they may stand."""
    with pytest.raises(ConfigError, match=r"entry 1: tools belongs to the whole configuration"):
        LLMConfig({"model": "a", "tools": []}, {"model": "b"})
    found = LLMConfig.coerce({"model": "a", "functions": [{"name": "f"}]})
    assert found is not None
    assert found["functions"] == [{"name": "f"}]


def test_templates_in_messages_are_refused() -> None:
    """What is not supported is said and not ignored."""
    with pytest.raises(ConfigError, match="allow_format_str_template=True is not supported"):
        LLMConfig(model="m", allow_format_str_template=True)


# ---------------------------------------------------------------- secrets


SECRET_PLACES: list[dict[str, Any]] = [
    {"api_key": KEY},
    {"api_key": Secret(KEY)},
    {"default_headers": {"Authorization": f"Bearer {KEY}"}},
    {"extra_headers": {"x-api-key": KEY}},
    {"extra_body": {"upstream": {"api_key": KEY}}},
    {"base_url": f"https://user:{KEY}@host.example/v1?key={KEY}"},
    {"api_type": "azure", "azure_ad_token": KEY},
    {"api_type": "bedrock", "aws_secret_key": KEY},
    {"gateway_token": KEY},
]


@pytest.mark.parametrize("given", SECRET_PLACES)
def test_a_key_is_shown_nowhere(given: dict[str, Any]) -> None:
    """Reprs, texts, dumps and JSON of a configuration and its parts hold no key."""
    config = LLMConfig({"model": "m", **given}, {"model": "n"})
    shown = [repr(config), str(config), f"{config}", config.model_dump_json(), repr(config.config_list)]
    shown += [repr(config.entries), str(config.config_list[0]), repr(list(config.values()))]
    for text in shown:
        assert KEY not in text


@pytest.mark.parametrize(
    "given",
    [
        {"api_key": KEY + " x"},
        {"api_key": KEY + "\u00e9"},
        {"api_key": [KEY]},
        {"api_key": {"value": KEY}},
        {"temperature": KEY},
        {"model": {"a": KEY}},
        {"base_url": f"http://{KEY}@ /"},
        {"api_type": "openai" + KEY, "temperature": 3},
        {"stream": KEY},
        {"tags": KEY},
        {"price": [KEY, 1]},
        {"hide_tools": KEY},
        {"default_headers": KEY},
        {KEY: 1, "temperature": 5},
        {"temprature": KEY},
        {"cache_seed": [KEY]},
        {KEY},
    ],
)
def test_a_key_is_in_no_error_when_it_is_in_the_wrong_place(given: Any) -> None:
    """No message, cause, context or traceback of a refused configuration shows a value that may be a key."""
    item = {"model": "m", **given} if isinstance(given, dict) else given
    with pytest.raises(ConfigError) as caught:
        LLMConfig(item)
    error: BaseException = caught.value
    assert KEY not in str(error)
    assert KEY not in "".join(traceback.format_exception(error))
    while error.__context__ is not None:
        error = error.__context__
        assert KEY not in str(error)


def test_model_dump_json_shows_everything_else() -> None:
    """The JSON is readable, with asterisks for keys, names for clients and types."""
    config = LLMConfig({"model": "m", "api_key": KEY}, ScriptedModel(["a"], name="script"), response_format=Entry)
    assert json.loads(config.model_dump_json()) == {
        "config_list": [
            {"api_type": "openai", "response_format": "Entry", "model": "m", "api_key": "**********"},
            "script",
        ],
        "response_format": "Entry",
    }


# ---------------------------------------------------------------- cost


def test_pydantic_is_not_imported_when_nothing_is_wrong() -> None:
    """A right configuration costs no import of pydantic, openai or jsonschema."""
    program = (
        "import sys\n"
        "from convagent.models.config import LLMConfig\n"
        "LLMConfig({'model': 'a', 'api_key': 'k', 'temperature': 0, 'price': [1, 2], 'tags': ['x'],"
        " 'base_url': 'http://h/v1', 'default_headers': {'a': 'b'}, 'stream': True, 'cache_seed': 42},"
        " {'model': 'b', 'hide_tools': 'never', 'timeout': 1.5}, top_p=0.5)\n"
        "print([m for m in ('pydantic', 'openai', 'jsonschema', 'litellm', 'anyio') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- anything


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "1", "0.5", "true", "x", KEY, f"{KEY} x", f"http://{KEY}@h"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "api_key", KEY]), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "guided_choice", "temprature", KEY]), ANYTHING, max_size=4))
@settings(deadline=None, max_examples=300)
def test_any_values_are_taken_or_refused_without_a_word_of_the_key(values: dict[str, Any]) -> None:
    """Whatever stands in whichever field: an equal configuration comes of its dump, or an error shows no key."""
    shown = ""
    try:
        config = LLMConfig(values | {"model": "m"})
    except ConfigError as error:
        shown = "".join(traceback.format_exception(error))
    else:
        assert LLMConfig(**config.model_dump()) == config
        json.loads(config.model_dump_json())
    assert KEY not in shown


@given(st.sampled_from(sorted(name for name, field in FIELDS.items() if field.kind == "secret")), st.text(min_size=8))
@settings(deadline=None)
def test_a_secret_field_is_shown_nowhere(name: str, key: str) -> None:
    """Whatever the key is made of, neither the configuration nor the error shows it."""
    try:
        config = LLMConfig(model="m", **{name: key})
    except ConfigError as error:
        shown = str(error)
    else:
        shown = repr(config) + repr(config.entries) + config.model_dump_json()
    assert key not in shown or set(key) <= {"*"} or key in "LLMConfig(...): is not a text without white space"
