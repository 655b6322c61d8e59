"""What deliberately differs from the classic (`ag2==0.14.0`), as data.

`docs/migrating.md` shows this table, and a test holds the two together.
"""

from __future__ import annotations

from .difference import Difference as Difference
from .difference import Topic
from .differences_of_code import CODE
from .differences_of_groups import GROUPS
from .differences_of_patterns import PATTERNS

DIFFERENCES: tuple[Difference, ...] = (
    # ------------------------------------------------------------ people
    Difference(
        "people",
        "A misspelt `human_input_mode` is accepted and acts like none of the three.",
        "`ConfigError`, with the nearest right word.",
        "A typing error must not switch the person off.",
        3,
    ),
    Difference(
        "people",
        "`run(user_input=True)` after an earlier run does not ask.",
        "It asks in every run.",
        "The person was promised the question.",
        1,
    ),
    Difference(
        "people",
        "An override `get_human_input(self, prompt)` without `iostream` raises `TypeError`.",
        "Both signatures work; so does the `a_` twin, in sync and async chats.",
        "The documented signature has to work.",
        2,
    ),
    Difference(
        "people",
        "What an overridden `get_human_input` returns is missing in `ChatResult.human_input` and in the events.",
        "It is recorded in both; `InputReplyEvent` tells every answer.",
        "What a person decided must be on record, however they were asked.",
        5,
    ),
    Difference(
        "people",
        "A question is a prompt; answers are matched to it by their order.",
        "A question is a `HumanRequest` with an id; an answer names the id, and the first one counts.",
        "Two questions at once must not swap answers.",
        6,
    ),
    Difference(
        "people",
        "The end of the input at a question (Ctrl-D, a closed pipe) is an `EOFError` traceback.",
        "The chat ends with the reason `End of input`; its history and result are kept.",
        "A closed terminal is a way to leave, and never consent.",
    ),
    Difference(
        "people",
        "Under `max_turns`, `exit` typed by the recipient's person does not end the chat.",
        "It ends the chat.",
        "`exit` means the same in every seat.",
    ),
    # ------------------------------------------------------------ conversation
    Difference(
        "conversation",
        "A chat of about 500 messages ends in `RecursionError`.",
        "One loop; 10,000 turns work.",
        "A long chat is not an error.",
        14,
    ),
    Difference(
        "conversation",
        "Sync and async chats differ: the recipient's limit under `max_turns`, tool calls without an id, hooks.",
        "A sync chat is the async one, waited for.",
        "One implementation cannot differ from itself.",
        15,
    ),
    Difference(
        "conversation",
        "An async reply function in a sync chat raises `RuntimeError`, unless it is to be ignored.",
        "It runs. `ignore_async_in_sync_chat=True` still leaves it out.",
        "The loop is async in any case.",
    ),
    Difference(
        "conversation",
        "Two agents with nothing to say exchange empty messages until the limit.",
        "The second empty message in a row is not sent; the chat ends with `No reply generated`.",
        "Silence twice is the end of a conversation.",
        33,
    ),
    Difference(
        "conversation",
        "`max_turns=0` raises `TypeError: 'NoneType' object is not subscriptable`.",
        "`ConfigError` that says what is expected; likewise for negative limits, messages that are none, "
        "misspelt summary methods.",
        "An error names the thing and the way out.",
        20,
    ),
    Difference(
        "conversation",
        "A chat that raises leaves the agents as they were changed for it.",
        "Nothing of a run is kept on an agent except histories and usage; one agent serves many chats at once.",
        "A failed chat must not disturb the next.",
        12,
    ),
    Difference(
        "conversation",
        "`summary_args` is one shared default dict.",
        "Every chat has its own.",
        "A summary prompt must not leak into another chat.",
        16,
    ),
    Difference(
        "conversation",
        "The request for a `reflection_with_llm` summary carries the agent's tools.",
        "It carries none.",
        "A summary is text; a tool call in its place is lost.",
    ),
    Difference(
        "conversation",
        "A `content` that is a function of the message's `context` is documented and raises.",
        "It works.",
        "It was promised.",
        19,
    ),
    Difference(
        "conversation",
        "Tasks of async chats are held only weakly and may vanish.",
        "They are held until they end; if one of several chats fails, the others are cancelled and its error raised.",
        "A chat that was started ends or fails, and says so.",
        11,
    ),
    Difference(
        "conversation",
        "`ChatResult.chat_id` is a random integer where the queue gives none.",
        "It is the id of the run; `ChatResult` also has `reason`, `how`, `last_speaker`, `parsed` and "
        "`context_variables`.",
        "A result must lead to its events, and say why the chat ended.",
    ),
    Difference(
        "conversation",
        "`AssistantAgent`'s default system message tells the model to write code for the user to run; the default "
        "descriptions of both presets, by which a group's model chooses, speak of running code.",
        "Our own defaults speak of tools and of checking results; the system message too asks for `TERMINATE` at the "
        "end.",
        "Nobody runs code unless asked to.",
    ),
    Difference(
        "conversation",
        "Under `max_turns`, where the recipient makes no reply, the initiator speaks once more.",
        "The chat ends, as it does without `max_turns`.",
        "Nobody answers themselves.",
    ),
    Difference(
        "conversation",
        "`ChatResult.chat_history` and `human_input` are the agent's own lists: later messages and the next chat "
        "change them, and they hold what was typed in chats inside.",
        "They are what was said and typed in that chat.",
        "A result stays what it was.",
    ),
    Difference(
        "conversation",
        "A misspelt keyword of `initiate_chat` (`mesage=`) becomes context, and nobody reads it.",
        "A `TypeError` suggests the right one; a name near none, or near one that was given too, is context. Where a "
        "message function reads the context there is a warning.",
        "A chat without its message or its limit is not what was asked for.",
    ),
    Difference(
        "conversation",
        "An agent can be the recipient of its own chat, and is told each of its messages twice.",
        "`ConfigError`: it takes two.",
        "Nobody can tell who said what.",
    ),
    Difference(
        "conversation",
        "A nested chat of the two agents that are talking replaces what they said before.",
        "It is a chat of its own; afterwards `chat_messages` is again that of the outer one.",
        "A chat inside a turn must not make the outer one forget.",
    ),
    *GROUPS,
    *PATTERNS,
    *CODE,
    # ------------------------------------------------------------ runs
    Difference(
        "runs",
        "Consuming the events of a run twice hangs.",
        "A second loop goes on where the first one stopped; after the end it is empty.",
        "Nothing may hang.",
        9,
    ),
    Difference(
        "runs",
        "`SystemExit` in a tool hangs the caller.",
        "It is raised in the caller, as is `KeyboardInterrupt`.",
        "A program that wants to end has to end.",
        8,
    ),
    Difference(
        "runs",
        "A run that is abandoned leaks its thread.",
        "All runs share one loop thread, which a program that exits does not wait for; `cancel()` ends a run.",
        "Threads are not a result.",
        10,
    ),
    Difference(
        "runs",
        "`sequential_run` names the wrong last speaker.",
        "Each response has its own.",
        "It was wrong.",
        13,
    ),
    Difference(
        "runs",
        "Ctrl-C in `process()` ends the program's chat with a traceback.",
        "At a terminal the first Ctrl-C pauses and asks (resume, say something, stop); the second cancels.",
        "Whoever supervises a chat has to be able to step in.",
    ),
    Difference(
        "runs",
        "`event.content.uuid` is another id for every event.",
        "It is the id of the run; an event's place in it is `event.seq`.",
        "What belongs together can be found together.",
    ),
    # ------------------------------------------------------------ tools
    Difference(
        "tools",
        "A tool's result is sent as `str()` of it: a dict as Python's repr, `None` as nothing or `None`.",
        'Strings as they are, everything else as JSON: `{"a": 1}`, `true`, `null`.',
        "Models read JSON, and an empty result looks like a call that never came back.",
        32,
    ),
    Difference(
        "tools",
        "Functions with pydantic parameters fail under `from __future__ import annotations`.",
        "They work.",
        "An import must not change a tool.",
        31,
    ),
    Difference(
        "tools",
        "Types that a parameter refers to stand as `$defs` inside that parameter, where `$ref` does not find them.",
        "They stand at the root of the schema.",
        "Endpoints refuse or misread the other form.",
    ),
    Difference(
        "tools",
        "Several tool calls of one reply run one after another in a sync chat.",
        "So do tools registered the classic way. Tools given by `tools=[...]`, and those registered with "
        "`parallel=True`, run at once; results are reported in the order of the calls.",
        "Twenty calls of 50 ms need not take a second; scripts with thread-bound connections keep working.",
    ),
    # ------------------------------------------------------------ models
    Difference(
        "models",
        "`cache_seed` pickles replies into `.cache` in the working directory; 0.2 did so unasked, under seed 41.",
        "Cached only where `cache_seed` or `Cache` says so, as JSON, in the user's cache folder or a given one.",
        "A repeated answer and a written file should surprise nobody.",
    ),
    Difference(
        "models",
        "Every tool registration builds the model's client anew.",
        "A client is made once, at the first request, and shared by the agents of one `LLMConfig`.",
        "Making a client costs more than a turn.",
        24,
    ),
    Difference(
        "models",
        "`LLMConfig` refuses a temperature above 1, and a 0 in an entry loses against the list's value.",
        "0 to 2 as the endpoints have it; what an entry says wins, 0 included.",
        "0 is a value.",
        30,
    ),
    Difference(
        "models",
        "`LLMConfig(api_type=..., model=...)` by keywords and `with llm_config:` are refused since 0.10.",
        "Both work, as in 0.9.",
        "Scripts are written that way.",
    ),
    Difference(
        "models",
        "An unknown key is passed on in an entry, misspelt or not, and refused beside the list.",
        "It is passed on to the endpoint in both places, unless it looks like a misspelling of a known field: "
        "`'temprature' is not a known field; did you mean temperature?`",
        "Endpoints have fields that no library knows, and a typing error is none of them.",
    ),
    Difference(
        "models",
        "`LLMConfig.from_json(path=X)` reads the environment variable named X instead, if there is one.",
        "`path=` is a file, `env=` a variable.",
        "It reads what it was told to read.",
        28,
    ),
    Difference(
        "models",
        "`None` in a filter does not accept a missing field.",
        "It does.",
        "It is documented that way.",
        29,
    ),
    Difference(
        "models",
        "`allow_format_str_template=True` fills `{names}` in messages.",
        "Not supported: a `ConfigError` says so; make `content` a function of the context.",
        "Braces in a person's text must not be filled in.",
    ),
    Difference(
        "models",
        "A model without a known price logs a warning at every request.",
        "The cost is 0.0 where the price is not known; state it by `price=[...]`.",
        "A warning that cannot be acted on hides others.",
    ),
    # ------------------------------------------------------------ hooks
    Difference(
        "hooks",
        "The human-input hook is skipped in async chats.",
        "It acts in both.",
        "A safeguard must not depend on the caller's spelling.",
        4,
    ),
    Difference(
        "hooks",
        "What the safeguards of model input and output return is not used.",
        "It is used.",
        "A safeguard that changes nothing guards nothing.",
        17,
    ),
    Difference(
        "hooks",
        "Hooks edit the stored history, and `context` is taken out of it.",
        "Hooks get copies; what they return counts for this reply, and history stays as it was said.",
        "History is what happened.",
        18,
    ),
    Difference(
        "hooks",
        "`UpdateSystemMessage` changes the agent, so two chats of it at once get each other's text.",
        "What is set inside a run holds for that run, and for those that begin later.",
        "One agent serves many runs at once.",
    ),
    Difference(
        "hooks",
        "`MessageHistoryLimiter(max_messages=n)` puts the oldest message that it leaves behind the next one.",
        "Messages stay in their order.",
        "An answer before its question misleads the model.",
    ),
    Difference(
        "hooks",
        "`MessageTokenLimiter(max_tokens=n)` without `max_tokens_per_message` leaves the last message alone.",
        "It leaves as many as fit.",
        "That is what its name and its documentation say.",
    ),
    Difference(
        "hooks",
        "Where messages that `filter_dict` leaves alone fill `max_tokens`, the next one loses its last words only.",
        "It is emptied.",
        "There is no room for the others.",
    ),
    Difference(
        "hooks",
        "`MessageTokenLimiter` lowers `max_tokens` to what a table says of its `model`.",
        "The number that is given counts.",
        "The table ends with the models of its day, and the default is of 2023.",
    ),
    # ------------------------------------------------------------ output
    Difference(
        "output",
        "Output goes to the `sys.stdout` of the first use.",
        "It goes to the `sys.stdout` of the moment.",
        "Notebooks and tests redirect it.",
        25,
    ),
    Difference(
        "output",
        "Streamed text is shown as it comes, and once more as a message.",
        "It is shown once.",
        "Twice is once too often.",
    ),
    Difference(
        "output",
        "Control characters in what a model says reach the terminal.",
        "They are spelled out on a terminal, and written as they are to files and pipes.",
        "A text must not hide from a person what they are to judge.",
    ),
    Difference(
        "output",
        "Nothing shows that a tool call was not run because a person typed a text.",
        "On a terminal a line says so; files and pipes hold the classic's text.",
        "Whoever steps in has to see that it worked.",
    ),
    Difference(
        "output",
        "An error that ends a chat shows every frame of the framework.",
        "It shows the caller's own lines; `CONVAGENT_FULL_TRACEBACK=1` in the environment shows them all.",
        "The way through the loop says nothing about a refused key.",
    ),
)


TITLES: dict[Topic, str] = {
    "people": "People",
    "conversation": "The conversation",
    "groups": "Group chats",
    "runs": "Runs",
    "tools": "Tools",
    "code": "Running code",
    "models": "Models",
    "hooks": "Hooks",
    "output": "Output",
}


def as_markdown() -> str:
    """Return the table as it stands in `docs/migrating.md`."""
    lines: list[str] = []
    for topic, title in TITLES.items():
        lines += [f"### {title}", "", "| the classic | convagent | why |", "| --- | --- | --- |"]
        lines += [f"| {d.classic} | {d.ours} | {d.reason} |" for d in DIFFERENCES if d.topic == topic]
        lines.append("")
    return "\n".join(lines)
