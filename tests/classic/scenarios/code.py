"""Code in messages: whose is run, what is replied, what is shown."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

from tests.classic.scenarios.groups import group
from tests.classic.stage import Stage, scenario


def folder(s: Stage) -> str:
    return s.exits.enter_context(TemporaryDirectory())


def older(s: Stage, **more: Any) -> dict[str, Any]:
    """Return a configuration by the older keys."""
    return {"work_dir": folder(s), "use_docker": False, **more}


def newer(s: Stage, **more: Any) -> dict[str, Any]:
    """Return a configuration by an executor."""
    return {"executor": s.ns.coding.LocalCommandLineCodeExecutor(work_dir=folder(s), **more)}


def block(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}\n```"


def ask_for(s: Stage, config: dict[str, Any], *replies: str, **given: Any) -> None:
    """Let a model write, and a user run what it writes."""
    coder = s.agent("coder", llm_config=s.model(*replies))
    defaults = {"human_input_mode": "NEVER", "max_consecutive_auto_reply": len(replies) - 1}
    user = s.agent("user", "UserProxyAgent", code_execution_config=config, **{**defaults, **given})
    s.chat(user, coder, message="Write code.")


MIXED = f"First\n{block('echo one', 'sh')}\nthen\n{block('print(2)')}\nand\n{block('print(3)', '')}"
FAILING = block("import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)")
SEVERAL = f"{block('print(1)')}\n{FAILING}\n{block('print(2)')}"


@scenario()
def older_form_runs_a_block(s: Stage) -> None:
    ask_for(s, older(s), block("print('Hello')"), "TERMINATE")


@scenario()
def older_form_runs_several_blocks(s: Stage) -> None:
    ask_for(s, older(s), MIXED, "TERMINATE")


@scenario()
def older_form_stops_at_a_failure(s: Stage) -> None:
    ask_for(s, older(s), SEVERAL, "TERMINATE")


@scenario()
def older_form_tells_of_an_exception_without_the_path(s: Stage) -> None:
    ask_for(s, older(s), block("1 / 0"), block("# filename: half.py\n1 / 0"), "TERMINATE")


@scenario()
def older_form_knows_some_languages(s: Stage) -> None:
    ask_for(s, older(s), block("puts 1", "ruby"), block("no language", ""), block("echo 1", "Bash"), "TERMINATE")


@scenario()
def older_form_ends_what_takes_too_long(s: Stage) -> None:
    ask_for(s, older(s, timeout=1), block("import time\ntime.sleep(3)"), "TERMINATE")


@scenario()
def older_form_says_nothing_without_code(s: Stage) -> None:
    ask_for(s, older(s), "No code.", block("print(1)"), "TERMINATE", default_auto_reply="Where is it?")


@scenario()
def older_form_looks_back_so_far(s: Stage) -> None:
    ask_for(s, older(s, last_n_messages=3), block("print(1)"), "And now?", "TERMINATE", default_auto_reply="Nothing.")


@scenario()
def older_form_looks_back_not_at_all(s: Stage) -> None:
    ask_for(s, older(s, last_n_messages=0), block("print(1)"), "TERMINATE", default_auto_reply="Nothing.")


@scenario()
def executor_runs_a_block(s: Stage) -> None:
    ask_for(s, newer(s), block("print('Hello')"), "TERMINATE")


@scenario()
def executor_runs_several_blocks(s: Stage) -> None:
    ask_for(s, newer(s), MIXED, "TERMINATE")


@scenario()
def executor_stops_at_a_failure(s: Stage) -> None:
    ask_for(s, newer(s), SEVERAL, "TERMINATE")


@scenario()
def executor_knows_some_languages(s: Stage) -> None:
    ask_for(s, newer(s), block("puts 1", "ruby"), block("no language", ""), block("print(1)", "Python"), "TERMINATE")


@scenario()
def executor_ends_what_takes_too_long(s: Stage) -> None:
    ask_for(s, newer(s, timeout=1), block("print(1, flush=True)\nwhile True: pass"), "TERMINATE")


@scenario()
def executor_writes_the_file_that_is_named(s: Stage) -> None:
    name = "import os\nprint(os.path.basename(__file__))"
    ask_for(s, newer(s), block(f"# filename: named.py\n{name}"), block(f"# named_too.py\n{name}"), "TERMINATE")


@scenario()
def executor_writes_no_file_outside(s: Stage) -> None:
    ask_for(s, newer(s), block("# filename: ../outside.py\nprint(1)"), "TERMINATE")


@scenario()
def executor_by_its_name(s: Stage) -> None:
    config = {"executor": "commandline-local", "commandline-local": {"work_dir": folder(s)}, "last_n_messages": 1}
    ask_for(s, config, block("print('Hello')"), "TERMINATE")


@scenario()
def executor_of_ones_own(s: Stage) -> None:
    class Echo:
        @property
        def code_extractor(self) -> Any:
            return s.ns.coding.MarkdownCodeExtractor()

        def execute_code_blocks(self, code_blocks: list[Any]) -> Any:
            output = "".join(f"{found.language}: {found.code}\n" for found in code_blocks)
            return s.ns.coding.CodeResult(exit_code=0, output=output)

        def restart(self) -> None:
            raise AssertionError

    ask_for(s, {"executor": Echo()}, MIXED, "TERMINATE")


@scenario()
def person_comes_before_code(s: Stage) -> None:
    s.person("", "no, shorter", "", "exit")
    replies = (block("print(1)"), block("print(2)"), block("print(3)"), "Fine.")
    ask_for(s, newer(s), *replies, human_input_mode="ALWAYS")


@scenario()
def tools_come_before_code(s: Stage) -> None:
    coder = s.agent(
        "coder", llm_config=s.model([{"name": "add", "arguments": {"a": 1}}], block("print(1)"), "TERMINATE")
    )
    user = s.agent("user", code_execution_config=newer(s), max_consecutive_auto_reply=2)

    @user.register_for_execution()
    @coder.register_for_llm(description="Adds one.")
    def add(a: int) -> int:
        return a + 1

    s.chat(user, coder, message="Write code.")


@scenario()
def group_with_one_who_runs_code(s: Stage) -> None:
    user = s.agent("user")
    coder = s.agent("coder", default_auto_reply=block("print('Hello')"))
    runner = s.agent("runner", code_execution_config=newer(s))
    manager = group(s, user, coder, runner, max_round=4, speaker_selection_method="round_robin")
    s.chat(user, manager, message="Write code.")


@scenario("sync")
def reply_without_a_chat(s: Stage) -> None:
    user = s.agent("user", code_execution_config=newer(s))
    s.note("reply", user.generate_reply(messages=[{"role": "user", "content": block("print('Hello')")}]))
    s.note("none", user.generate_reply(messages=[{"role": "user", "content": "no code"}]))
    plain = s.agent("plain", code_execution_config=older(s))
    s.note("older", plain.generate_code_execution_reply([{"role": "user", "content": block("print('Hello')")}]))
