"""A person as an agent: in any seat of a chat, a group or a team."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from ..agent import Agent, Pass, Transfer
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.state import Stopped
from ..duration import Duration, spoken
from ..errors import ConfigError, NobodyReachable
from ..events import EscalatedEvent
from ..human import HumanReply, HumanRequest, Moment, Verb, words_of
from ..messages import Message, content_text
from ..oversight.atoms import Ask
from ..oversight.input_mode import USER_EXIT, End, Say, met
from ..oversight.words import ask
from . import builtin
from .arguments import named_for_users
from .builtin import END, Outcome
from .conversable import ConversableAgent
from .gating import PersonsMessage
from .replies import ANYBODY, ReplyFunction

END_OF_INPUT = End("End of input", "stopped")
_TAKEN = (
    "llm_config",
    "human_input_mode",
    "system_message",
    "default_auto_reply",
    "confidence",
    "max_consecutive_auto_reply",
)


class Human(ConversableAgent):
    """A person who takes part: what they type is what the agent says.

        ada = Human("ada", roles=["editor"])
        RoundRobin([optimist, sceptic, ada], rounds=3).run(message="Shall we rewrite it?").process()

    A turn is one question to that person, over whatever channel reaches them; in a journal the run parks while
    they think. An empty answer or ``pass`` leaves the word to the next one where there is one, ``exit`` or ``stop``
    ends the conversation, each as a word by itself; anything else is said as it was typed.
    """

    @named_for_users
    def __init__(
        self,
        name: str,
        roles: str | Iterable[str] = (),
        *,
        prompt: str = "",
        may_pass: bool = True,
        within: Duration | None = None,
        otherwise: str = "",
        form: Any = None,
        description: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Make an agent that is a person.

        Args:
            name: how transcripts and other agents call it; the person of this name, or with this role, may answer.
            roles: roles whose people may answer in its place.
            prompt: what the person is asked; default: that it is their turn. What Enter and ``exit`` do is added.
            may_pass: whether they may say nothing where somebody else can speak.
            within: how long they have; then it says `otherwise`, or passes, or the conversation ends.
            otherwise: what it says where nobody answers in time, or can be reached.
            form: what they fill in, instead of typing a message: a pydantic model, a JSON Schema, or choices.
            description: what it is good for, for those who choose a speaker.
            **kwargs: more for `ConversableAgent`; it has no model and no input mode.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        for word in _TAKEN:
            if word in kwargs:
                raise ConfigError(f"Human({name!r}, {word}=...): a person has none; leave it out")
        if not isinstance(cast(object, otherwise), str):
            raise ConfigError(f"otherwise={otherwise!r}: expected what {name!r} says then, such as 'No objection.'")
        listed = (roles,) if isinstance(roles, str) else tuple(roles)
        self.asks: Ask = ask(name, *(role for role in listed if role != name), within=within)
        """The policy that asks them: what it means where a policy is expected."""
        chooses = isinstance(form, (list, tuple))
        self._options: tuple[str, ...] = _choices(cast("Sequence[Any]", form)) if chooses else ()
        self._form: Any = None if chooses else ask(form=form).form
        self.prompt, self.may_pass, self.otherwise = prompt, may_pass, otherwise
        roled = f", {' and '.join(listed)}" if listed else ""
        super().__init__(
            name, system_message="", llm_config=False, human_input_mode="NEVER",
            description=f"The person {name}{roled}." if description is None else description, **kwargs,
        )  # fmt: skip

    def _register_builtins(self) -> None:
        """Let it execute what it registered for execution, as any agent; for all else the person is asked."""
        super()._register_builtins()
        of_others = (builtin.human_reply, builtin.model_reply)
        self.replies.entries = [entry for entry in self.replies.entries if entry.builtin not in of_others]
        self.replies.entries.append(ReplyFunction(ANYBODY, speak, builtin=speak))

    @property
    def who(self) -> tuple[str, ...]:
        """The persons or roles, any of whom may answer."""
        return self.asks.who

    async def ask_person(self, run: RunContext, prompt: str, moment: Moment, about: str) -> str:
        """Ask for what opens a conversation; at other moments as any agent does.

        Raises:
            Stopped: they do not want to begin.
            EndOfInput: the channel ended before an answer.
        """
        if moment != "opening" or self.overrides.find(self, "get_human_input", run) is not None:
            return await super().ask_person(run, prompt, moment, about)
        match await self.turn(run, about, "", None, self.prompt or f"{self.name}, your message to {about}"):
            case End(reason):
                raise Stopped(reason)
            case Say(text):
                return text
            case Pass() | Transfer():
                raise AssertionError("an opening is never passed")

    async def turn(
        self, run: RunContext, about: str, preview: str, blank: Pass | End | None, prompt: str = ""
    ) -> Meant:
        """Ask the person for what it says.

        Args:
            run: the conversation.
            about: who spoke last.
            preview: what was said last.
            blank: what an empty answer means; None: a message is needed.
            prompt: what they are asked.

        Raises:
            NobodyReachable: the person cannot be asked, and nothing was said to count then. It ends the run.
        """
        request = self._request(run, about, preview, blank, prompt or self.prompt or f"{self.name}, it is your turn")
        if self.overrides.find(self, "get_human_input", run) is not None:
            return await self._by_override(run, request, blank)
        why = "unreachable"
        if run.runtime.reaches(self.who):
            reply = await run.put(request, self._amended(run), self._form)
            if reply is not None and not reply.end_of_input:
                return _meant(reply, blank, request.options, self._targets(run))
            if reply is not None and not self._has_fallback:
                return END_OF_INPUT
            why = "unreachable" if reply is not None else "time is up"
        return self._unanswered(run, request, why, blank)

    async def _by_override(self, run: RunContext, request: HumanRequest, blank: Pass | End | None) -> Meant:
        try:
            text = await super().ask_person(run, request.prompt, request.moment, request.about)
        except EOFError:
            return END_OF_INPUT
        return _meant(HumanReply(request.id, text), blank, request.options, self._targets(run))

    def _targets(self, run: RunContext) -> tuple[str, ...]:
        """Return to whom they may hand over: not where they fill in a form, or choose."""
        return () if self._form is not None or self._options else run.lent.targets

    def _amended(self, run: RunContext) -> Callable[[str], Awaitable[str]] | None:
        async def guarded(text: str) -> str:
            return await self.hooks.through(run, "safeguard_human_inputs", text)

        return guarded if self.hooks.lists["safeguard_human_inputs"] else None

    @property
    def _has_fallback(self) -> bool:
        return bool(self.otherwise) or self.asks.within is not None

    def _request(
        self, run: RunContext, about: str, preview: str, blank: Pass | End | None, prompt: str
    ) -> HumanRequest:
        within = self.asks.within
        request = HumanRequest(
            id=run.next_request(),
            prompt=prompt,
            agent=self.name,
            about=about,
            to=self.who,
            preview=preview,
            within=within,
            deadline=None if within is None else run.runtime.now() + within,
            otherwise="" if within is None else self._then(blank),
        )
        if self._form is not None:
            return _with_form(request, self._form, blank)
        options, targets = self._options, self._targets(run)
        hints = [", ".join(options)] if options else []
        hints += [f"to {' or '.join(targets)} hands over"] if targets else []
        hints += [_HINTS[type(blank)]]
        hints += [] if within is None else [f"after {spoken(within)} {self._then(blank)}"]
        words = (*options, *(f"to {name}" for name in targets), *(() if blank is None else ("pass",)), "exit")
        said = f"{prompt} ({'; '.join(hints)}): "
        return replace(request, prompt=said, moment="speak", choices=words, options=options)

    def _then(self, blank: Pass | End | None) -> str:
        if self.otherwise:
            return f"{self.name} says: {self.otherwise}"
        return f"{self.name} passes" if isinstance(blank, Pass) else "the conversation ends"

    def _unanswered(
        self, run: RunContext, request: HumanRequest, why: str, blank: Pass | End | None
    ) -> Say | Pass | End:
        """Return what counts where nobody answered."""
        if not self._has_fallback:
            raise run.nobody(
                NobodyReachable(
                    f"{self.name!r} has the word, and no channel of this run reaches {' or '.join(self.who)}; pass "
                    "channels= or people= that serve them, or say what counts then: "
                    f"Human({self.name!r}, otherwise='No objection.')"
                )
            )
        run.emit(EscalatedEvent(request=request, why=why, to=self._then(blank), agent=self.name))
        if self.otherwise:
            return _InTheirPlace(self.otherwise)
        late = f"no answer within {spoken(request.within or 0)}" if why == "time is up" else "cannot be reached"
        return Pass(late) if isinstance(blank, Pass) else End(f"{self.name}: {late}", "limit")


Meant = Say | Pass | End | Transfer
"""What a person's answer does."""


class _InTheirPlace(Say):
    """What is said because the person did not."""


_HINTS: dict[type, str] = {
    Pass: "Enter to pass, exit to end",
    End: "Enter or exit to end",
    type(None): "exit to end",
}
"""What an empty answer does, by what it means."""


async def speak(
    agent: Human, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None
) -> Outcome:
    """Reply with what the person types."""
    last = messages[-1] if messages else Message()
    about = str(last.get("name") or (sender.name if sender is not None else ""))
    run.state.auto_replies[run.state.side(agent)] = 0
    said = await _routed(agent, run, about, content_text(last.get("content")), _blank(agent, run, last))
    match said:
        case _InTheirPlace(text):
            return True, text
        case Say(text):
            return True, cast(Message, PersonsMessage(role="user", content=text))
        case Pass() | Transfer():
            return True, said
        case End(reason, how):
            run.terminate(reason, agent.name, sender.name if sender is not None else "", how=how)
            return END


async def _routed(agent: Human, run: RunContext, about: str, preview: str, blank: Pass | End | None) -> Meant:
    """Return what a person means; they are asked again, and told why, where they may not hand over to that one."""
    prompt = ""
    while True:
        said = await agent.turn(run, about, preview, blank, prompt)
        if not isinstance(said, Transfer) or run.lent.route is None:
            return said
        routed = await run.lent.route(run, agent, said)
        if isinstance(routed, Transfer):
            return routed
        prompt = f"{routed} {agent.name}, it is still your turn"


def _blank(agent: Human, run: RunContext, last: Message) -> Pass | End | None:
    """Return what an empty answer means here; None: a message is needed, because nobody else can speak."""
    state = run.state
    if isinstance(state, GroupState):
        others = any(member is not agent for member in state.members)
        in_turn = state.opened and not state.between and any(member is agent for member in state.members)
        return Pass() if agent.may_pass and in_turn and others else None
    return End(met(agent.name)) if last and agent.is_termination(last) else None


def _meant(reply: HumanReply, blank: Pass | End | None, options: Sequence[str], targets: Sequence[str]) -> Meant:
    """Return what an answer does: a word by itself, or a message."""
    decision = reply.decision
    if decision is not None:
        match decision.verb:
            case "approve":
                return Say(words_of(reply))
            case "stop":
                return End(decision.text, "stopped")
            case _:
                return blank if isinstance(blank, End) else Pass(decision.text)
    word = reply.text.strip().lower()
    if word in ("exit", "stop"):
        return End(USER_EXIT, "stopped")
    if word in ("", "pass"):  # that it was allowed was asked before the answer counted, except of an override
        return blank or End("Nothing was said")
    handed = _handed_over(reply, targets)
    return handed or Say(next((option for option in options if option.lower() == word), reply.text))


def _handed_over(reply: HumanReply, targets: Sequence[str]) -> Transfer | None:
    """Return to whom `to billing`, or `to billing: her card was charged twice`, hands over; None: it is a message."""
    whom, _, reason = reply.text.partition(":")
    name = next((name for name in targets if whom.strip().lower() == f"to {name.lower()}"), None)
    return None if name is None else Transfer(name, reason.strip(), asked_by=reply.by)


def _choices(form: Sequence[Any]) -> tuple[str, ...]:
    """Check what a person may say.

    Raises:
        ConfigError: one of them is no word, is there twice, or means something else.
    """
    words = [str(choice).strip().lower() for choice in form]
    wrong = not all(isinstance(choice, str) and choice == choice.strip() != "" for choice in form)
    if wrong or not words or len(set(words)) < len(words) or not {"pass", "exit", "stop"}.isdisjoint(words):
        raise ConfigError(f"form={list(form)!r}: expected different words, and none of them pass, exit or stop")
    return tuple(form)


def _with_form(request: HumanRequest, form: Any, blank: Pass | End | None) -> HumanRequest:
    """Return a request for what is filled in; to reject it is to pass."""
    verbs: tuple[Verb, ...] = ("approve", "reject", "stop") if blank is not None else ("approve", "stop")
    schema = form.model_json_schema() if hasattr(form, "model_json_schema") else form
    return replace(request, moment="decision", decisions=verbs, form=schema, choices=verbs)
