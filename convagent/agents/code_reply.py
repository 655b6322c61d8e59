"""The reply of an agent that runs the code in messages: each block is judged as a call of a tool is, and then run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .._sync import is_async
from ..agent import Agent
from ..coding.base import CodeBlock, CodeExecutor, CodeResult
from ..conversation.calls import Execution, Told
from ..conversation.context import RunContext
from ..conversation.execution import run_tool
from ..events import (
    Event,
    ExecuteCodeBlockEvent,
    ExecutedCodeBlockEvent,
    ExecuteFunctionEvent,
    GenerateCodeExecutionReplyEvent,
)
from ..messages import Message, ToolCall, content_text
from ..runtime import strand
from ..tools.invoke import ToolOutcome
from ..tools.rules import check_arguments, tool_rules
from ..tools.tool import Tool
from .builtin import PASS, Outcome, execution

if TYPE_CHECKING:
    from ..coding.config import CodeExecution
    from .conversable import ConversableAgent

RUN_CODE = "run_code"
"""What the action of running a block is called; its arguments are ``language`` and ``code``."""


class Coder:
    """How an agent runs code, and the tool that stands for running one block of it."""

    def __init__(self, given: CodeExecution) -> None:
        self.executor, self.one_by_one = given.executor, given.one_by_one
        self.last_n_messages: int | Literal["auto"] = given.last_n_messages
        rules = tool_rules(RUN_CODE, given.approval, preview=_preview)
        check_arguments(RUN_CODE, rules, ("language", "code"))
        self.tool = Tool(
            _running(runs(given.executor)), name=RUN_CODE, description="Run a block of code.", parallel=False,
            classic=True, rules=rules,
        )  # fmt: skip


def read_coder(value: Any) -> Coder | None:
    """Read what `code_execution_config=` takes; None: no code is run.

    Raises:
        ConfigError: it is none, or what it asks for is not there.
    """
    if value is None or value is False:
        return None
    from ..coding.config import read_code_execution  # with the executors, which most programs never load

    found = read_code_execution(value)
    return None if found is None else Coder(found)


def runs(executor: CodeExecutor) -> Callable[[list[CodeBlock]], Any]:
    """Return how an executor runs blocks: of a method and its async twin the one that was defined last."""
    plain, twin = "execute_code_blocks", "a_execute_code_blocks"
    for place in (executor, *type(executor).__mro__):
        own = getattr(place, "__dict__", {})
        if twin in own or plain in own:
            return getattr(executor, twin if twin in own else plain)
    return executor.execute_code_blocks


# ---------------------------------------------------------------- the tool


@dataclass(frozen=True, slots=True)
class _Ran:
    """What became of a block, as what the tool returns."""

    result: CodeResult

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        """Return the output, and what is known besides."""
        file = getattr(self.result, "code_file", None)
        return self.result.output, {"exit_code": self.result.exit_code, "code_file": str(file or "")}


def _running(run: Callable[[list[CodeBlock]], Any]) -> Callable[[str, str], Any]:
    if is_async(run):

        async def run_code(language: str, code: str) -> Any:
            return _Ran(await run([CodeBlock(language=language, code=code)]))

        return run_code

    def run_code_here(language: str, code: str) -> Any:
        return _Ran(run([CodeBlock(language=language, code=code)]))

    return run_code_here


def _preview(arguments: dict[str, Any]) -> str:
    return f"{arguments['language'] or 'unknown language'}:\n{arguments['code']}"


# ---------------------------------------------------------------- the reply


async def code_reply(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None
) -> Outcome:
    """Run the code of the last message that has some, and reply with what came of it."""
    coder = agent.coder if config is None else read_coder(config)
    if coder is None:
        return PASS
    for message in reversed(_looked_at(coder, messages)):
        content: Any = message.get("content")
        blocks = await run.call(coder.executor.code_extractor.extract_code_blocks, content) if content else ()
        if blocks:
            return True, await _Blocks(agent, run, coder, message, sender, blocks).reply()
    return PASS


def _looked_at(coder: Coder, messages: Sequence[Message]) -> Sequence[Message]:
    """Return the messages whose code is run: so many of the last, or those since the agent spoke last."""
    if coder.last_n_messages != "auto":
        return messages[max(0, len(messages) - coder.last_n_messages) :]
    since = next((n for n, m in enumerate(reversed(messages)) if m.get("role") != "user"), len(messages))
    return messages[len(messages) - since :]


class _Blocks:
    """The blocks of one message: judged and run in order, until one fails or may not be run."""

    def __init__(
        self, agent: ConversableAgent, run: RunContext, coder: Coder, message: Message, sender: Agent | None,
        blocks: Sequence[CodeBlock],
    ) -> None:  # fmt: skip
        self._agent, self._run, self._coder, self._blocks = agent, run, coder, blocks
        self._author, self._typed_by = _author(run, message, sender)
        self._number, self._begun = 0, False
        self._output, self._exit_code, self._ran = "", 0, 0

    async def reply(self) -> str:
        """Run them, and say what came of it."""
        run, how, refused = self._run, self._how(), ""
        base = run.enter_strand(strand.get())
        for number, block in enumerate(self._blocks):
            self._number = number
            run.enter_strand(f"{base}code{number}.")
            refused = self._took(await run_tool(run, _call(block), how))
            if refused or self._exit_code:
                break
        run.enter_strand(base)
        if refused and not self._ran:
            return refused
        succeeded = "execution succeeded" if self._exit_code == 0 else "execution failed"
        text = f"exitcode: {self._exit_code} ({succeeded})\nCode output: {self._output}"
        return f"{text}\n\n{refused}" if refused else text

    def _how(self) -> Execution:
        how = execution(self._agent, self._run, self._author, {RUN_CODE: self._tool()})
        # The hooks of tool calls are told of tool calls.
        return replace(
            how, before=None, after=None, asked_by=self._typed_by, ended_by_stop=True, as_told=self._as_told
        )  # fmt: skip

    def _tool(self) -> Tool:
        """Return the tool, which does as an override of the older form's method does."""
        tool, find = self._coder.tool, self._agent.overrides.find
        if not self._coder.one_by_one:
            return tool
        if (own := find(self._agent, "execute_code_blocks", self._run)) is not None:
            return tool.replace(fn=_running(_by_blocks(own)))
        own = find(self._agent, "run_code", self._run)
        return tool if own is None else tool.replace(fn=_running(_by_code(own)))

    def _took(self, outcome: ToolOutcome) -> str:
        """Take in what became of a block; return what its author is told if it was not run."""
        if outcome.signal is None and not outcome.ok and outcome.error is None and outcome.failure is None:
            return _not_run(outcome.content, self._number, len(self._blocks))
        self._ran += 1
        self._exit_code = _exit_code(outcome)
        self._output += outcome.content
        return ""

    def _as_told(self, event: Told, outcome: ToolOutcome | None) -> Event:
        """Tell of a block what would be told of a tool, and before the first one that code is run."""
        common: dict[str, Any] = {"func_name": event.func_name, "call_id": event.call_id}
        common |= {"arguments": event.arguments, "recipient": event.recipient, "agent": event.agent}
        if isinstance(event, ExecuteFunctionEvent):
            self._begin()
            return ExecuteCodeBlockEvent(
                **common, code_block_count=self._number, silent=not self._coder.one_by_one
            )  # fmt: skip
        exit_code = 1 if outcome is None else _exit_code(outcome)
        signal = outcome.signal or {} if outcome is not None else {}
        return ExecutedCodeBlockEvent(
            **common, result=event.result, is_exec_success=exit_code == 0, seconds=event.seconds, exit_code=exit_code,
            code_file=signal.get("code_file", ""),
        )  # fmt: skip

    def _begin(self) -> None:
        if self._begun or self._coder.one_by_one:
            return
        self._begun = True
        author = self._author.name if self._author is not None else "No sender"
        languages, me = tuple(block.language for block in self._blocks), self._agent.name
        event = GenerateCodeExecutionReplyEvent(code_blocks=languages, sender=author, recipient=me, agent=me)
        self._run.runtime.emit(event)


def _author(run: RunContext, message: Message, sender: Agent | None) -> tuple[Agent | None, str]:
    """Return the agent that wrote a message, and the person who typed it, if one did."""
    name = message.get("name", "")
    author = next((agent for agent in run.state.participants if agent.name == name), None)
    typed_by = run.state.all_typed.get(content_text(message.get("content")).strip(), "")
    return author or sender, typed_by or ("" if author is not None else name)


def _call(block: CodeBlock) -> ToolCall:
    arguments = json.dumps({"language": block.language, "code": block.code})
    return {"type": "function", "function": {"name": RUN_CODE, "arguments": arguments}}


def _by_blocks(own: Callable[..., Any]) -> Callable[[list[CodeBlock]], Any]:
    """Return what runs blocks by an agent's own `execute_code_blocks`."""
    return _then(own, lambda blocks: own([(b.language, b.code) for b in blocks]), lambda found: (found[0], found[1]))


def _by_code(own: Callable[..., Any]) -> Callable[[list[CodeBlock]], Any]:
    """Return what runs a block by an agent's own `run_code`."""
    return _then(own, lambda blocks: own(blocks[0].code, lang=blocks[0].language), lambda f: (f[0], f"\n{f[1]}"))


def _then(
    own: Callable[..., Any], call: Callable[[list[CodeBlock]], Any], read: Callable[[Any], tuple[int, str]]
) -> Callable[[list[CodeBlock]], Any]:
    def result(found: Any) -> CodeResult:
        exit_code, output = read(found)
        return CodeResult(exit_code=exit_code, output=output)

    if is_async(own):

        async def awaited(blocks: list[CodeBlock]) -> CodeResult:
            return result(await call(blocks))

        return awaited
    return lambda blocks: result(call(blocks))


def _exit_code(outcome: ToolOutcome) -> int:
    """Return a block's exit code; where it has none, whether there is a result in its place."""
    return int((outcome.signal or {}).get("exit_code", 0 if outcome.ok else 1))


def _not_run(content: str, number: int, count: int) -> str:
    why = content.removeprefix(f"Error: {RUN_CODE} ")
    if count == 1:
        return f"The code {why}\nIt was not run."
    rest = "" if number + 1 == count else " Nor was what follows it."
    return f"Block {number + 1} of {count} {why}\nIt was not run.{rest}"
