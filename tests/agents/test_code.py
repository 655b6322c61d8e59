"""Agents that run the code in messages: what is run is what was approved, and what is refused is told."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path
from typing import Any

import pytest

from convagent import (
    ConversableAgent,
    NobodyReachable,
    Printer,
    RoundRobin,
    ScriptedModel,
    UserProxyAgent,
    approve,
    arg,
    ask,
    deny,
    edit,
    its,
    policy_table,
    reject,
    respond,
    when,
)
from convagent.coding import CodeBlock, CodeResult, LocalCommandLineCodeExecutor, MarkdownCodeExtractor
from convagent.events import (
    DecidedEvent,
    Event,
    ExecuteCodeBlockEvent,
    ExecutedCodeBlockEvent,
    GenerateCodeExecutionReplyEvent,
    ToolNotRunEvent,
)
from convagent.testing import Fake

CODE = "open('ran', 'a').write('x')\nprint('ran')"
MESSAGE = f"```python\n{CODE}\n```"
DONE = "exitcode: 0 (execution succeeded)\nCode output: "


def coder(*replies: str, **given: Any) -> ConversableAgent:
    model = ScriptedModel([*(replies or (MESSAGE,)), "TERMINATE"])
    return ConversableAgent("coder", llm_config=model, human_input_mode="NEVER", **given)


def user(folder: Path, **config: Any) -> ConversableAgent:
    executor = LocalCommandLineCodeExecutor(work_dir=folder)
    return UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"executor": executor, **config})


def reply(me: ConversableAgent, other: ConversableAgent, **given: Any) -> str:
    """Return what the one who runs code replies to the first code."""
    result = me.initiate_chat(other, message="go", max_turns=2, silent=True, **given)
    return str(result.chat_history[2].get("content"))


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("where", ["config", "agent", "author", "chat"])
def test_code_is_run_when_it_is_approved(tmp_path: Path, where: str) -> None:
    """A person sees the code, wherever the rule stands: with the code, at either agent, or for the chat."""
    people, rule = Fake(clerk=approve), ask("clerk")
    me = user(tmp_path, **({"approval": rule} if where == "config" else {}))
    other = coder(**({"oversight": rule} if where == "author" else {}))
    if where == "agent":
        executor = LocalCommandLineCodeExecutor(work_dir=tmp_path)
        me = UserProxyAgent(
            "user", human_input_mode="NEVER", code_execution_config={"executor": executor}, oversight=rule
        )  # fmt: skip
    given: dict[str, Any] = {"oversight": rule} if where == "chat" else {}
    assert reply(me, other, people=people, **given) == f"{DONE}ran\n"
    (asked,) = people.asked
    assert asked.preview == f"python:\n{CODE}"
    assert asked.action is not None
    assert (asked.action.kind, asked.action.name, asked.action.agent) == ("tool", "run_code", "coder")
    assert (asked.action.executor, dict(asked.action.arguments)) == ("user", {"language": "python", "code": CODE})


def test_code_is_not_run_when_it_is_refused(tmp_path: Path) -> None:
    """The reply says by whom and why, so that the model can write something else."""
    seen: list[Event] = []
    me = user(tmp_path, approval=ask("clerk"))
    text = reply(me, coder(), people=Fake(clerk=reject("it writes a file")), observers=[seen.append])
    assert text == "The code was not allowed by clerk: it writes a file\nIt was not run."
    assert not (tmp_path / "ran").exists()
    kinds = (GenerateCodeExecutionReplyEvent, ExecuteCodeBlockEvent, ExecutedCodeBlockEvent)
    assert [e for e in seen if isinstance(e, kinds)] == []
    assert [e.reason for e in seen if isinstance(e, ToolNotRunEvent)] == ["not allowed by clerk: it writes a file"]


def test_what_runs_is_what_was_edited_and_judged_anew(tmp_path: Path) -> None:
    """A changed code is another question for every rule, and the model is told what became of its own."""
    people = Fake(clerk=edit(code="print('mine')"), boss=reject("no"))
    rule = ask("clerk") & when(arg.code == "print('mine')", ask("boss"))
    assert reply(user(tmp_path, approval=rule), coder(), people=people).startswith(
        "The code was not allowed by boss: no"
    )
    people = Fake(clerk=edit(code="print('mine')"))
    text = reply(user(tmp_path, approval=ask("clerk")), coder(), people=people)
    assert text.startswith(f"{DONE}mine\n\n\n[clerk changed the arguments of this call before it was made:")
    assert not (tmp_path / "ran").exists()


def test_result_stands_in_the_place_of_a_run(tmp_path: Path) -> None:
    """`respond`: nothing is run."""
    text = reply(user(tmp_path, approval=ask("clerk")), coder(), people=Fake(clerk=respond("42")))
    assert text == f"{DONE}42"
    assert not (tmp_path / "ran").exists()


def test_rule_looks_at_language_and_code(tmp_path: Path) -> None:
    """`arg.language`, `arg.code`, and the name of the action for rules about several tools."""
    no_shell = when(arg.language == "sh", deny("no shell"))
    text = reply(user(tmp_path, approval=no_shell), coder(f"{MESSAGE}\n```sh\nls\n```\n{MESSAGE}"))
    assert text == f"{DONE}ran\n\n\nBlock 2 of 3 was not allowed: no shell\nIt was not run. Nor was what follows it."
    assert (tmp_path / "ran").read_text() == "x"
    named = when(its.name == "run_code", deny("not here"))
    assert reply(user(tmp_path), coder(), oversight=named).startswith("The code was not allowed: not here")


def test_each_block_is_judged_just_before_it_is_run(tmp_path: Path) -> None:
    """Who approves the second has seen what the first did."""
    seen: list[str] = []

    def look(request: Any) -> Any:
        seen.append((tmp_path / "ran").read_text() if (tmp_path / "ran").exists() else "")
        return approve

    reply(user(tmp_path, approval=ask("clerk")), coder(f"{MESSAGE}\n{MESSAGE}"), people=Fake(clerk=look))
    assert seen == ["", "x"]


def test_nobody_approves_the_code_that_they_typed(tmp_path: Path) -> None:
    """Who wrote it is the maker, as of any other action."""

    ann = Fake(roles={"ann": ["clerk"]}, ann=[MESSAGE, approve])
    ada = ConversableAgent("ada", llm_config=False, human_input_mode="ALWAYS")
    me = user(tmp_path, approval=ask("clerk"))
    with pytest.raises(NobodyReachable, match="needs clerk"):
        me.initiate_chat(ada, message="go", max_turns=2, silent=True, people=ann)
    assert not (tmp_path / "ran").exists()


# ---------------------------------------------------------------- events


def test_what_is_run_is_told_by_events(tmp_path: Path) -> None:
    """Before and after each block, with what came of it; the transcript is the classic's."""
    seen: list[Event] = []
    out = io.StringIO()
    me = user(tmp_path)
    reply(me, coder(f"{MESSAGE}\n```sh\nexit 3\n```"), observers=[seen.append, Printer(out)])
    (generated,) = [e for e in seen if isinstance(e, GenerateCodeExecutionReplyEvent)]
    assert (generated.code_blocks, generated.sender, generated.recipient) == (("python", "sh"), "coder", "user")
    begun = [e for e in seen if isinstance(e, ExecuteCodeBlockEvent)]
    assert [(e.content.language, e.content.code, e.code_block_count) for e in begun] == [
        ("python", CODE, 0),
        ("sh", "exit 3", 1),
    ]
    ended = [e for e in seen if isinstance(e, ExecutedCodeBlockEvent)]
    assert [(e.exit_code, e.result, e.is_exec_success) for e in ended] == [(0, "ran\n", True), (3, "", False)]
    assert all(Path(e.code_file).is_file() and e.seconds > 0 for e in ended)
    assert out.getvalue().startswith("\n>>>>>>>> EXECUTING 2 CODE BLOCKS (inferred languages are [python, sh])...\n")


def test_table_of_policies_names_the_code(tmp_path: Path) -> None:
    """Whoever looks who decides about what an agent does finds it."""
    (row,) = policy_table(user(tmp_path, approval=ask("clerk"))).rows
    assert (row.tool, row.role) == ("run_code", "executes")
    assert "clerk" in row.decides


# ---------------------------------------------------------------- executors


class Upper:
    """An executor of one's own: its blocks in capitals."""

    code_extractor = MarkdownCodeExtractor()

    def __init__(self) -> None:
        self.threads: list[int] = []

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CodeResult:
        self.threads.append(threading.get_ident())
        return CodeResult(exit_code=0, output="".join(block.code.upper() for block in code_blocks))

    def restart(self) -> None: ...


class AsyncUpper(Upper):
    """The same, as an async function."""

    async def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CodeResult:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().execute_code_blocks(code_blocks)


class Loud(LocalCommandLineCodeExecutor):
    """Ours, with one of its methods overridden."""

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> Any:
        found = super().execute_code_blocks(code_blocks)
        return CodeResult(exit_code=found.exit_code, output=found.output.upper())


def test_executor_may_be_async_or_override_ours(tmp_path: Path) -> None:
    """A plain one runs in the caller's thread, as plain functions do."""
    plain, asynchronous = Upper(), AsyncUpper()
    for executor, output in ((plain, CODE.upper()), (asynchronous, CODE.upper()), (Loud(work_dir=tmp_path), "RAN\n")):
        me = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"executor": executor})
        assert reply(me, coder()) == f"{DONE}{output}"
    assert plain.threads == [threading.get_ident()]
    assert asynchronous.threads != [threading.get_ident()]


def test_executor_that_raises_is_told_to_the_author() -> None:
    """The chat goes on, and the model can try something else."""

    class Broken(Upper):
        def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CodeResult:
            raise OSError("the machine is gone")

    me = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"executor": Broken()})
    assert reply(me, coder()) == "exitcode: 1 (execution failed)\nCode output: Error: the machine is gone"


def test_methods_of_a_subclass_run_the_code_of_the_older_form(tmp_path: Path) -> None:
    """`execute_code_blocks` and `run_code`, as the classic documents them."""

    class Blocks(UserProxyAgent):
        def execute_code_blocks(self, code_blocks: list[tuple[str, str]]) -> tuple[int, str]:
            return 0, f"my {code_blocks}"

    class One(UserProxyAgent):
        def run_code(self, code: str, **kwargs: Any) -> tuple[int, str, str | None]:
            exit_code, logs, image = super().run_code(code.replace("ran'", "RAN'"), **kwargs)
            return exit_code, f"{logs}!", image

    config = {"use_docker": False, "work_dir": tmp_path}
    mine: dict[str, Any] = {"human_input_mode": "NEVER", "code_execution_config": config}
    assert reply(Blocks("user", **mine), coder()) == f"{DONE}my [('python', {CODE!r})]"
    assert reply(One("user", **mine), coder()) == f"{DONE}\nRAN\n!"


def test_code_is_run_by_hand_without_a_question(tmp_path: Path) -> None:
    """What a program runs itself is its own affair, as the calls of tools are that it makes."""
    me = user(tmp_path, approval=deny("no model"))
    assert me.execute_code_blocks([("python", CODE), ("sh", "exit 4")]) == (4, "ran\n")
    assert me.execute_code_blocks([("", "print(3)")]) == (0, "3\n"), "the language is inferred"
    assert me.run_code("print(2)") == (0, "2\n", None)
    with pytest.raises(RuntimeError, match="agent 'coder' runs no code"):
        coder().run_code("print(2)")
    with pytest.raises(RuntimeError, match=r"run_code\(\) takes code= and lang=, not filename=, timeout=;"):
        me.run_code("print(2)", filename="kept.py", timeout=5)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_chat_goes_on_by_what_the_code_said(tmp_path: Path, asynchronous: bool) -> None:
    """The model is sent the output; sync and async chats are the same."""
    model = ScriptedModel([MESSAGE, "TERMINATE"])
    other = ConversableAgent("coder", llm_config=model, human_input_mode="NEVER")
    given: dict[str, Any] = {"message": "go", "max_turns": 2, "silent": True}
    me = user(tmp_path)
    asyncio.run(me.a_initiate_chat(other, **given)) if asynchronous else me.initiate_chat(other, **given)
    assert model.requests[1].messages[-1]["content"] == f"{DONE}ran\n"


# ---------------------------------------------------------------- stopping


@pytest.mark.parametrize("force", [False, True])
def test_code_is_killed_when_the_run_is_stopped(tmp_path: Path, force: bool) -> None:
    """A stop does not wait for a program that may never end, as it waits for tools."""
    me, other = user(tmp_path), coder("```python\nprint(1)\nimport signal\nsignal.pause()\n```")
    response = me.run(other, message="go", silent=True)
    for event in response.events:
        if isinstance(event, ExecuteCodeBlockEvent):
            response.stop("enough", force=force)
    assert response.result.reason == "enough"
    assert [e for e in me.chat_messages[other] if "exitcode" in str(e.get("content"))] == []


# ---------------------------------------------------------------- others around


def test_team_has_a_member_who_runs_code(tmp_path: Path) -> None:
    """In a team each sees what the code said, and the action is the author's."""
    people = Fake(clerk=approve)
    runner = user(tmp_path, approval=ask("clerk"))
    team = RoundRobin([coder(), runner], max_messages=3)
    boss = ConversableAgent("boss", llm_config=False, human_input_mode="NEVER")
    result = boss.initiate_chat(team, message="go", silent=True, people=people, max_turns=1)
    assert result.chat_history[-1]["content"] == f"{DONE}ran\n"
    assert people.asked[0].action is not None
    assert (people.asked[0].action.agent, people.asked[0].action.executor) == ("coder", "user")


def test_decision_is_recorded_before_the_code_runs(tmp_path: Path) -> None:
    """Who allowed it stands before what it did."""
    seen: list[Event] = []
    reply(user(tmp_path, approval=ask("clerk")), coder(), people=Fake(clerk=approve), observers=[seen.append])
    kinds = (DecidedEvent, ExecuteCodeBlockEvent, ExecutedCodeBlockEvent)
    assert [type(e) for e in seen if isinstance(e, kinds)] == list(kinds)
