"""Entries from files, variables, .env and key files; filters; the sample and its JSON Schema."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from convagent.errors import ConfigError, ConfigFileMissing
from convagent.models import schema
from convagent.models.config import LLMConfig
from convagent.models.config_env import (
    config_list_from_dotenv,
    config_list_from_models,
    config_list_openai_aoai,
    get_config_list,
)
from convagent.models.config_files import config_list_from_json, filter_config
from convagent.models.entry import Entry, Secret

KEY = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"
ENTRIES: list[dict[str, Any]] = [
    {"model": "a", "api_key": KEY, "tags": ["cheap", "fast"]},
    {"model": "b", "api_type": "azure", "base_url": "https://x.openai.azure.com"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the entries to a file named OAI_CONFIG_LIST."""
    path = tmp_path / "OAI_CONFIG_LIST"
    path.write_text(json.dumps(ENTRIES), encoding="utf-8")
    return path


def models(config: LLMConfig | None) -> list[str]:
    """Return the models of a configuration."""
    assert config is not None
    return [e.model for e in config.entries if isinstance(e, Entry)]


# ---------------------------------------------------------------- where entries come from


def test_entries_are_read_when_path_names_a_file(file: Path) -> None:
    """A path alone, or a name and a folder, find the file."""
    assert models(LLMConfig.from_json(path=file)) == ["a", "b"]
    assert models(LLMConfig.from_json(path=str(file))) == ["a", "b"]
    assert models(LLMConfig.from_json(path="OAI_CONFIG_LIST", file_location=file.parent)) == ["a", "b"]
    assert config_list_from_json(file) == ENTRIES
    assert config_list_from_json("OAI_CONFIG_LIST", file.parent) == ENTRIES


def test_a_path_is_a_file_when_a_variable_has_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """path=X never reads the variable X; env=X does."""
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("OAI_CONFIG_LIST", '[{"model": "from the variable"}]')
    assert models(LLMConfig.from_json(path="OAI_CONFIG_LIST")) == ["a", "b"]
    assert models(LLMConfig.from_json(env="OAI_CONFIG_LIST")) == ["from the variable"]
    assert config_list_from_json("OAI_CONFIG_LIST") == [{"model": "from the variable"}]


def test_a_variable_may_hold_a_path_and_may_be_missing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable's content is JSON or a path; without the variable the file of its name is read."""
    monkeypatch.setenv("MODELS", str(file))
    assert models(LLMConfig.from_json(env="MODELS")) == ["a", "b"]
    assert models(LLMConfig.from_json(env="OAI_CONFIG_LIST", file_location=str(file.parent))) == ["a", "b"]


def test_values_for_all_and_a_filter_are_taken_when_reading(file: Path) -> None:
    """filter_dict chooses entries, every other keyword is a value for all."""
    config = LLMConfig.from_json(path=file, filter_dict={"tags": ["cheap"]}, temperature=0.5)
    assert config.entries == (Entry("a", api_key=Secret(KEY), tags=("cheap", "fast"), options={"temperature": 0.5}),)


def test_a_file_may_be_an_object_when_an_editor_needs_its_schema(tmp_path: Path) -> None:
    """`$schema` stands beside `config_list`; a byte order mark does no harm."""
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"$schema": "x.json", "config_list": ENTRIES}), encoding="utf-8-sig")
    assert config_list_from_json(path) == ENTRIES


def test_read_entries_show_no_key(file: Path) -> None:
    """Entries that were read are dicts, and printing them is safe."""
    found = config_list_from_json(file)
    assert found[0]["api_key"] == KEY
    assert {**found[0]}["api_key"] == KEY
    for text in (repr(found), str(found[0]), f"{found[0].copy()}"):
        assert KEY not in text
        assert "'model': 'a'" in text


@pytest.mark.parametrize("how", [{}, {"path": "x", "env": "X"}])
def test_from_json_wants_one_source(how: dict[str, str]) -> None:
    """Neither and both are refused."""
    with pytest.raises(ConfigError, match="expected one of path="):
        LLMConfig.from_json(**how)


# ---------------------------------------------------------------- errors


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The error is a FileNotFoundError too, and says where it looked."""
    with pytest.raises(
        FileNotFoundError, match=r"there is no configuration file 'nowhere\.json'; looked in /.*; copy OAI_"
    ):
        LLMConfig.from_json(path="nowhere.json")
    with pytest.raises(ConfigFileMissing, match="'NOWHERE' and no environment variable NOWHERE is set"):
        config_list_from_json("NOWHERE")
    with pytest.raises(ConfigError, match="Is a directory"):
        config_list_from_json(tmp_path)


def test_a_fault_names_its_file_and_entry_when_entries_were_filtered(tmp_path: Path) -> None:
    """The number is the entry's in the file."""
    path = tmp_path / "models.json"
    path.write_text('[{"model": "a"}, {"model": "b", "temperature": 7}]', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        LLMConfig.from_json(path=path, filter_dict={"model": "b"})
    assert str(caught.value) == f"{path}, entry 2: temperature=7 is not a number from 0 to 2"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f'[{{"api_key": "{KEY}",}}]', "line 1, column"),
        (f"[{{'api_key': '{KEY}'}}]", "JSON wants double quotes"),
        (f'[\n// the key is {KEY}\n{{"model": "a"}}]', "JSON has no comments, remove the line"),
        (f'[{{"api_key": "{KEY}"', "line 1"),
        (f'"{KEY}"', "expected a list of entries, [{...}, {...}], found a text"),
        (f'{{"api_key": "{KEY}"}}', "expected a list of entries, [{...}, {...}], found an object"),
        (f'["{KEY}"]', "entry 1: expected an object {...}, found a text"),
        (f'{{"config_list": [], "api_key": "{KEY}"}}', "beside config_list stands 'api_key'"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "entry 1: expected an object {...}, found a number"),
        ("null", "found null"),
        ("", "line 1, column 1"),
    ],
)
def test_a_broken_file_is_told_without_what_it_holds(tmp_path: Path, text: str, what: str) -> None:
    """File, line and what to do are told; neither message nor traceback nor cause holds the key."""
    path = tmp_path / "OAI_CONFIG_LIST"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        LLMConfig.from_json(path=path)
    assert what in str(caught.value)
    assert str(path) in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Another encoding is named, without the bytes."""
    path = tmp_path / "models.json"
    path.write_bytes(f'[{{"api_key": "{KEY}é"}}]'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8 text; save it as UTF-8") as caught:
        config_list_from_json(path)
    assert caught.value.__context__ is None


def test_a_variable_with_something_else_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the place of the JSON does not show."""
    monkeypatch.setenv("MODELS", KEY)
    with pytest.raises(ConfigFileMissing, match="the variable MODELS holds neither JSON nor the path") as caught:
        LLMConfig.from_json(env="MODELS")
    assert KEY not in str(caught.value)
    monkeypatch.setenv("MODELS", f'[{{"api_key": "{KEY}"')
    with pytest.raises(ConfigError, match="the variable MODELS: not valid JSON: line 1") as broken:
        LLMConfig.from_json(env="MODELS")
    assert KEY not in str(broken.value)


def test_no_match_is_told_with_the_filter(file: Path) -> None:
    """An empty choice is an error at once."""
    with pytest.raises(ConfigError, match="no entry meets the filter model=\\['z'\\]"):
        LLMConfig.from_json(path=file, filter_dict={"model": ["z"]})


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("criteria", "exclude", "expected"),
    [
        (None, False, ["a", "b", "c"]),
        ({}, False, ["a", "b", "c"]),
        ({"model": "a"}, False, ["a"]),
        ({"model": ["a", "c"]}, False, ["a", "c"]),
        ({"model": {"a", "c"}}, False, ["a", "c"]),
        ({"tags": ["x"]}, False, ["a", "b"]),
        ({"tags": "y"}, False, ["b"]),
        ({"tags": [None]}, False, ["c"]),
        ({"api_type": [None, "azure"]}, False, ["a", "b", "c"]),
        ({"api_type": None}, False, ["a", "c"]),
        ({"tags": ["x"], "api_type": ["azure"]}, False, ["b"]),
        ({"tags": ["x"]}, True, ["c"]),
        ({"model": ["a"], "api_type": ["azure"]}, True, ["c"]),
    ],
)
def test_filter_config_chooses(criteria: dict[str, Any] | None, exclude: bool, expected: list[str]) -> None:
    """All criteria hold, any value of each; None accepts a missing field; exclude keeps what meets none."""
    entries: list[dict[str, Any]] = [
        {"model": "a", "tags": ["x"]},
        {"model": "b", "tags": ["x", "y"], "api_type": "azure"},
        {"model": "c"},
    ]
    assert [e["model"] for e in filter_config(entries, criteria, exclude)] == expected


# ---------------------------------------------------------------- the environment


def test_from_env_is_none_when_nothing_is_set() -> None:
    """No configuration, no model."""
    assert LLMConfig.from_env() is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OPENAI_API_KEY": KEY}, Entry("gpt-4o-mini", api_key=Secret(KEY), options={"temperature": 0})),
        (
            {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "m", "OPENAI_BASE_URL": "https://gate.example/v1"},
            Entry("m", api_key=Secret(KEY), base_url="https://gate.example/v1", options={"temperature": 0}),
        ),
        (
            {"OPENAI_BASE_URL": "http://localhost:8000/v1", "OPENAI_MODEL": "m"},
            Entry("m", base_url="http://localhost:8000/v1", options={"temperature": 0}),
        ),
        (
            {
                "AZURE_OPENAI_API_KEY": KEY,
                "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com",
                "AZURE_OPENAI_DEPLOYMENT": "d",
            },
            Entry(
                "d",
                "azure",
                Secret(KEY),
                "https://x.openai.azure.com",
                connection={"api_version": "2024-10-21"},
                options={"temperature": 0},
            ),
        ),
    ],
)
def test_from_env_reads_what_is_set(
    variables: dict[str, str], expected: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI, Azure, or a local server without a key."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = LLMConfig.from_env(temperature=0)
    assert config is not None
    assert config.entries == (expected,)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"OPENAI_BASE_URL": "http://localhost:8000/v1"}, "OPENAI_MODEL"),
        ({"AZURE_OPENAI_API_KEY": KEY}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": "https://x"}, "AZURE_OPENAI_DEPLOYMENT"),
    ],
)
def test_from_env_names_the_variable_that_is_missing(
    variables: dict[str, str], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a configuration is an error that says what completes it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"but not {missing}; set it to") as caught:
        LLMConfig.from_env()
    assert KEY not in str(caught.value)


def test_dotenv_gives_an_entry_for_each_model_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys come from the file or the environment, which wins and is not changed; models without a key are left out."""
    path = tmp_path / ".env"
    path.write_text(
        "# keys\nexport FILE_KEY='from file' # quoted\nBOTH = from-file # a comment\nBASE=\"http://x/v1\"\n\nrubbish\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("BOTH", "from-env")
    found = config_list_from_dotenv(
        path,
        {"a": "FILE_KEY", "b": {"api_key_env_var": "BOTH", "base_url": "BASE", "api_type": "openai"}, "c": "NONE"},
    )
    assert found == [
        {"model": "a", "api_key": "from file"},
        {"model": "b", "api_key": "from-env", "base_url": "http://x/v1", "api_type": "openai"},
    ]
    assert config_list_from_dotenv(path, {"a": "FILE_KEY"}, {"model": {"z"}}) == []


def test_dotenv_is_found_when_it_stands_above_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a path the nearest .env is read; the two old models have their default key."""
    (tmp_path / ".env").write_text("OPENAI_API_KEY=k\n", encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert [e["model"] for e in config_list_from_dotenv()] == ["gpt-4", "gpt-3.5-turbo"]


def test_dotenv_that_is_missing_is_warned_of_when_the_environment_has_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script whose `.env` is not deployed goes on with the variables; a folder is that of its `.env`."""
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    with pytest.warns(UserWarning, match=r"there is no \.env file .*; the keys are those of the environment"):
        found = config_list_from_dotenv(tmp_path, filter_dict={"model": {"gpt-4"}})
    assert found == [{"model": "gpt-4", "api_key": "of-the-environment"}]
    (tmp_path / ".env").write_text("MINE=of-the-file\n", encoding="utf-8")
    found = config_list_from_dotenv(tmp_path, {"m": "MINE"}, {"model": {"m"}})
    assert found == [{"model": "m", "api_key": "of-the-file"}]


def test_dotenv_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    """A named file that is missing and a strange map are errors."""
    with pytest.raises(ConfigFileMissing, match=r"there is no \.env file"):
        config_list_from_dotenv(tmp_path / "none.env")
    with pytest.raises(ConfigError, match=r"model_api_key_map\['a'\] is 5; expected the name of a variable"):
        config_list_from_dotenv(model_api_key_map={"a": 5})  # type: ignore[dict-item]


def test_key_files_give_an_entry_for_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files win over variables, lines belong together, models multiply entries."""
    (tmp_path / "key_aoai.txt").write_text("k1\nk2\n", encoding="utf-8")
    (tmp_path / "base_aoai.txt").write_text("https://a\nhttps://b\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "k0")
    azure = {"api_type": "azure", "api_version": "2024-10-21"}
    found = config_list_openai_aoai(tmp_path)
    assert found == [
        {"api_key": "k0"},
        {"api_key": "k1", "base_url": "https://a", **azure},
        {"api_key": "k2", "base_url": "https://b", **azure},
    ]
    assert config_list_openai_aoai(tmp_path, exclude="aoai") == [{"api_key": "k0"}]
    assert config_list_from_models(tmp_path, exclude="aoai", model_list=["x", "y"]) == [
        {"api_key": "k0", "model": "x"},
        {"api_key": "k0", "model": "y"},
    ]


def test_get_config_list_pairs_keys_and_addresses() -> None:
    """Empty keys are dropped; lists of different length are refused."""
    assert get_config_list(["a", " ", "b"], ["u", "v", "w"]) == [
        {"api_key": "a", "base_url": "u"},
        {"api_key": "b", "base_url": "w"},
    ]
    with pytest.raises(ConfigError, match="2 api_keys and 1 base_urls"):
        get_config_list(["a", "b"], ["u"])


# ---------------------------------------------------------------- sample and schema


def test_the_schema_file_is_what_the_table_of_fields_says(root: Path) -> None:
    """Regenerate it with: python -c "from convagent.models import schema; schema.write()"."""
    stored = json.loads((root / "convagent" / "models" / schema.FILE).read_text(encoding="utf-8"))
    assert stored == schema.json_schema()
    jsonschema.Draft202012Validator.check_schema(stored)


def test_the_sample_is_right_but_for_its_keys(root: Path) -> None:
    """The sample fits the schema; loading it says only that the keys are placeholders."""
    sample = json.loads((root / "OAI_CONFIG_LIST.sample.json").read_text(encoding="utf-8"))
    jsonschema.validate(sample, schema.json_schema())
    with pytest.raises(ConfigError) as caught:
        LLMConfig.from_json(path=root / "OAI_CONFIG_LIST.sample.json")
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert all(
        line.endswith("api_key is still the placeholder of the sample file; put the key there") for line in lines[1:]
    )
    for entry in sample:
        if "api_key" in entry:
            entry["api_key"] = KEY
    assert models(LLMConfig(sample)) == ["gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5", "llama3.1:8b"]


@pytest.mark.parametrize(
    "entry",
    [
        {"temperature": 3},
        {"temperature": "warm"},
        {"max_tokens": 1.5},
        {"stream": "maybe"},
        {"tags": "cheap"},
        {"price": [1]},
        {"price": [-1, 0]},
        {"hide_tools": "sometimes"},
        {"default_headers": []},
        {"max_retries": -1},
        {"timeout": 0},
        {"model": ""},
    ],
)
def test_schema_and_program_refuse_the_same(entry: dict[str, Any]) -> None:
    """What an editor underlines is an error here too."""
    entry = {"model": "m", **entry}
    assert not jsonschema.Draft202012Validator(schema.json_schema()).is_valid([entry])
    with pytest.raises(ConfigError):
        LLMConfig(entry)
