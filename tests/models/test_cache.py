"""Replies on disk: hits, keys, seeds, places, damaged files."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.errors import ConfigError, ModelServerError
from convagent.models.base import ModelClient, ModelNotice, ModelReply, ModelRequest, TextDelta
from convagent.models.cache import Cache, Cached, default_folder
from convagent.models.entry import Entry, Secret
from convagent.models.openai import OpenAIClient
from convagent.models.scripted import ScriptedModel
from convagent.testing.openai_server import OpenAIServer, status


def client(server: OpenAIServer, **more: Any) -> OpenAIClient:
    settings = {"model": "m", "api_key": Secret("sk-test"), "base_url": server.base_url, "max_retries": 0, **more}
    return OpenAIClient(Entry(**settings))


def ask(model: ModelClient, text: str = "hello", **more: Any) -> ModelReply:
    return asyncio.run(model.complete(ModelRequest([{"role": "user", "content": text}], **more)))


def test_the_same_request_is_asked_once(tmp_path: Path) -> None:
    """The second answer comes from disk, says so, and is otherwise the first."""
    with OpenAIServer(["fresh"]) as server, Cache.disk(41, tmp_path) as cache:
        cached = Cached(client(server), cache)
        first, second = ask(cached), ask(cached, turn=5, agent="another")
        assert len(server.requests) == 1
    assert (first.cached, second.cached) == (False, True)
    assert (first.message, first.usage, first.endpoint) == (second.message, second.usage, second.endpoint)


def test_a_later_process_finds_it(tmp_path: Path) -> None:
    """Another cache object over the same file answers."""
    with OpenAIServer(["fresh"]) as server:
        asked = client(server)
        with Cache(7, tmp_path) as cache:
            ask(Cached(asked, cache))
        with Cache(7, tmp_path) as again:
            assert ask(Cached(asked, again)).cached


@pytest.mark.parametrize(
    "change",
    [
        {"text": "hello!"},
        {"options": {"temperature": 1}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_shapes_the_answer_is_part_of_the_key(change: dict[str, Any], tmp_path: Path) -> None:
    """Another text, parameter, tool or format is another request."""
    with OpenAIServer(["{}"], repeat_last=True) as server, Cache(1, tmp_path) as cache:
        cached = Cached(client(server), cache)
        ask(cached)
        assert not ask(cached, **change).cached


def test_another_seed_model_endpoint_or_temperature_is_asked_anew(tmp_path: Path) -> None:
    """Seeds are apart, and so are entries that differ."""
    with (
        OpenAIServer(["x"], repeat_last=True) as server,
        OpenAIServer(["y"]) as other,
        Cache(1, tmp_path) as one,
        Cache("1b", tmp_path) as two,
    ):
        ask(Cached(client(server), one))
        assert not ask(Cached(client(server), two)).cached
        assert not ask(Cached(client(server, model="m2"), one)).cached
        assert not ask(Cached(client(server, options={"temperature": 0}), one)).cached
        assert not ask(Cached(client(other), one)).cached
        assert ask(Cached(client(server), one)).cached


def test_failures_are_not_kept(tmp_path: Path) -> None:
    """An error is asked again."""
    with OpenAIServer([status(500), "better"]) as server, Cache(1, tmp_path) as cache:
        cached = Cached(client(server), cache)
        with pytest.raises(ModelServerError):
            ask(cached)
        assert ask(cached).message.get("content") == "better"


def test_a_hit_streams_and_is_validated_like_a_reply(tmp_path: Path) -> None:
    """A streamed hit is told as one piece; `parsed` is made again."""
    told: list[ModelNotice] = []
    with OpenAIServer(['{"a": 1}']) as server, Cache(1, tmp_path) as cache:
        cached = Cached(client(server, response_format={"type": "object"}), cache)
        assert ask(cached).parsed == {"a": 1}
        request = ModelRequest([{"role": "user", "content": "hello"}], stream=True)
        hit = asyncio.run(cached.complete(request, told.append))
    assert hit.cached
    assert hit.parsed == {"a": 1}
    assert told == [TextDelta('{"a": 1}')]


@pytest.mark.parametrize("store", [42, "cache", {}])
def test_what_is_no_cache_is_refused(store: Any) -> None:
    """A seed or a folder in the place of a cache is an error that says what to write."""
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["hi"]), human_input_mode="NEVER")
    asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER")
    with pytest.raises(ConfigError, match=r"is not a cache: .* use `with Cache\.disk\(42\) as cache:`"):
        asker.initiate_chat(bot, message="go", max_turns=1, silent=True, cache=store)


def test_models_that_are_none_are_not_cached(tmp_path: Path) -> None:
    """A script answers each time, and no file is made."""
    with Cache(1, tmp_path / "sub") as cache:
        cached = Cached(ScriptedModel(["a", "b"]), cache)
        assert [ask(cached, turn=turn).message.get("content") for turn in (0, 1)] == ["a", "b"]
        assert cached.offline_note == "scripted replies, no language model"
    assert not (tmp_path / "sub").exists()


def test_nothing_is_written_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path the file is in the user's cache folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Cache.disk(42) as cache:
        cache.set("key", {"a": [1, None, "é"]})
        assert cache.get("key") == {"a": [1, None, "é"]}
        assert cache.get("other", "nothing") == "nothing"
        assert cache.path.parent == tmp_path / "cache" / "convagent" == default_folder()
    assert list((tmp_path / "work").iterdir()) == []


def test_values_are_json_and_never_pickle(tmp_path: Path) -> None:
    """What is on disk is text that anybody can read, without the key of the endpoint."""
    with OpenAIServer(["fresh"]) as server, Cache(1, tmp_path) as cache:
        ask(Cached(client(server), cache))
        rows = sqlite3.connect(cache.path)
        values = [value for (value,) in rows.execute("SELECT value FROM replies")]
        rows.close()
    assert json.loads(values[0])["message"] == {"role": "assistant", "content": "fresh"}
    assert "sk-test" not in values[0]


def test_clear_forgets_one_seed(tmp_path: Path) -> None:
    """Other seeds keep what they have."""
    with Cache(1, tmp_path) as one, Cache(2, tmp_path) as two:
        one.set("k", 1)
        two.set("k", 2)
        one.clear()
        assert (one.get("k"), two.get("k")) == (None, 2)


def test_threads_share_a_cache(tmp_path: Path) -> None:
    """Reads and writes of several threads are all right."""
    with Cache(1, tmp_path) as cache:

        def work(number: int) -> None:
            for i in range(20):
                cache.set(f"{number}-{i}", i)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [cache.get(f"{n}-{i}") for n in range(4) for i in range(20)] == list(range(20)) * 4


def test_a_file_that_somebody_writes_is_passed_by(tmp_path: Path) -> None:
    """While another process holds the file, nothing is kept and nobody waits for long."""
    with Cache(1, tmp_path) as cache:
        cache.set("before", 1)
        other = sqlite3.connect(cache.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        cache.set("meanwhile", 2)
        other.execute("ROLLBACK")
        other.close()
        assert (cache.get("before"), cache.get("meanwhile")) == (1, None)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """The error says which file, and what to do."""
    (tmp_path / "models.sqlite3").write_text("this is not a database, and long enough to be read as one" * 20)
    with pytest.raises(ConfigError, match=r"models\.sqlite3.*delete the file"):
        Cache(1, tmp_path).get("x")


def test_a_forgotten_cache_closes_itself(tmp_path: Path) -> None:
    """No warning about an open file when nobody closed it."""
    Cache(1, tmp_path).set("a", 1)
    gc.collect()
