"""Running the code in messages, as methods of an agent."""

from __future__ import annotations

from typing import Any

from ..agent import Agent
from ..coding.base import CodeBlock, CodeExecutor
from ..errors import UsageError
from ..messages import Message
from .code_reply import code_reply, runs
from .replying import Reply, ReplyMethods


class CodeMethods(ReplyMethods):
    """The classic's methods of agents that run code. What Python code runs by them is judged by nobody."""

    @property
    def code_executor(self) -> CodeExecutor | None:
        """What runs the code in messages; None: nothing does."""
        return None if self.coder is None else self.coder.executor

    def generate_code_execution_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with what came of the code in messages."""
        return self._wait(CodeMethods.a_generate_code_execution_reply(self, messages, sender, config))

    async def a_generate_code_execution_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with what came of the code in messages.

        Args:
            messages: what to look at; None: what was said with `sender`.
            sender: who wrote.
            config: how code is run, as `code_execution_config`; None: as the agent does.
        """
        return await self._builtin(code_reply, messages, sender, config)

    def execute_code_blocks(self, code_blocks: list[tuple[str, str]]) -> tuple[int, str]:
        """Run pairs of language and code. Override it to run them in your own way, one at a time."""
        return self._wait(CodeMethods.a_execute_code_blocks(self, code_blocks))

    async def a_execute_code_blocks(self, code_blocks: list[tuple[str, str]]) -> tuple[int, str]:
        """Run pairs of language and code, and return the exit code and the output; an empty language is inferred.

        Raises:
            UsageError: the agent runs no code.
        """
        if self.coder is None:
            raise UsageError(
                f"agent {self.name!r} runs no code; give it code_execution_config={{'work_dir': 'coding', "
                "'use_docker': False}"
            )
        from ..coding.markdown import infer_lang  # as the executors: most programs never load it

        blocks = [CodeBlock(language=language or infer_lang(code), code=code) for language, code in code_blocks]
        async with self.within(None) as run:
            result = await run.call(runs(self.coder.executor), blocks)
        return result.exit_code, result.output

    def run_code(self, code: str, lang: str = "python", **kwargs: Any) -> tuple[int, str, str | None]:
        """Run one code."""
        return self._wait(CodeMethods.a_run_code(self, code, lang, **kwargs))

    async def a_run_code(self, code: str, lang: str = "python", **kwargs: Any) -> tuple[int, str, str | None]:
        """Run one code; return the exit code, the output, and None, where the classic names an image.

        Raises:
            UsageError: the agent runs no code, or a keyword is one of the classic's that nothing here would read.
        """
        if kwargs:
            names = ", ".join(f"{name}=" for name in kwargs)
            raise UsageError(
                f"run_code() takes code= and lang=, not {names}; how an agent runs code says its "
                "code_execution_config=, and execute_code() runs one in another way"
            )
        exit_code, output = await CodeMethods.a_execute_code_blocks(self, [(lang, code)])
        return exit_code, output.removeprefix("\n"), None
