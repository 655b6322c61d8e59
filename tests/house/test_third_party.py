"""Each foreign package has one home, and importing ours loads none of them."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.house.source import imports, modules

HOMES: dict[str, frozenset[str]] = {
    "pydantic": frozenset({
        # pydantic is the language of users' own types, so it is met at three doors:
        "models/validate.py",    # configuration entries are validated
        "models/structured.py",  # response_format is a user's model
        "tools/schema.py",       # the parameters of a tool are
    }),
    # TypedDict, Required and the like of users who import them from there; no behaviour of its own.
    "typing_extensions": frozenset({"tools/schema.py", "tools/typed_dicts.py"}),
}  # fmt: skip
"""Packages with more than one home, and why. Every other one is imported in exactly one file."""

HEAVY = ("pydantic", "openai", "prompt_toolkit", "jsonschema", "anyio", "litellm", "httpx", "httpx2", "mcp")
"""What the face must not load."""


def test_third_party_package_has_one_home() -> None:
    """A foreign name occurs in one file, so that an upgrade is read and repaired in one place."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        for one in imports(module):
            first = one.target.partition(".")[0]
            if first not in sys.stdlib_module_names and first != "convagent":
                found[first].add(module.name)
    wrong = {
        name: sorted(files - HOMES.get(name, frozenset()))
        for name, files in found.items()
        if (name in HOMES and files - HOMES[name]) or (name not in HOMES and len(files) > 1)
    }
    assert wrong == {}


FOR_POLICIES = (
    "oversight.policy",
    "oversight.predicate",
    "conversation.gate",
    "oversight.answers",
)
"""What the first policy loads, or the first question, and nobody before."""

LOADED = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"


@pytest.mark.parametrize(
    "program",
    [
        "import convagent",
        "from convagent import ConversableAgent, LLMConfig",
        (
            "from convagent import ConversableAgent, LLMConfig\n"
            "human = ConversableAgent('human', human_input_mode='ALWAYS', llm_config=False)\n"
            "config = LLMConfig(api_type='openai', model='gpt-4o-mini', api_key='k')\n"
            "bot = ConversableAgent('bot', system_message='You help.', llm_config=config)\n"
        ),
        "import convagent.cli",
    ],
    ids=["face", "names", "two agents", "cli"],
)
def test_import_loads_no_third_party_package(
    program: str, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Importing, and making agents, loads none of the slow packages: they come with their first use."""
    done = python("-c", f"{program}\n{LOADED}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_agents_without_policies_load_none_of_the_algebra(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Making agents, and a chat between them, loads neither the algebra nor the gate."""
    program = (
        "import sys\n"
        "from convagent import ConversableAgent\n"
        "plain = dict(llm_config=False, human_input_mode='NEVER', default_auto_reply='so')\n"
        "one, two = (ConversableAgent(name, **plain) for name in 'ab')\n"
        "one.initiate_chat(two, message='hello', max_turns=2, silent=True)\n"
        f"print('loaded:', *[name for name in {FOR_POLICIES!r} if f'convagent.{{name}}' in sys.modules])\n"
    )
    done = python("-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"
