"""Who has the word keeps it, until it hands over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast

from ..action import Action
from ..agent import Agent, Participant, Termination, Transfer
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.pattern import NOTHING_LENT, Lent
from ..conversation.verdict import Go, Refused, Revise, Subject, Verdict
from ..errors import ToolArgumentsError, nearest
from ..events import Event, HandoffEvent, PassedEvent
from ..messages import Message
from ..tools.rules import ToolRules
from ..tools.tool import Tool
from .group_chat import Chooser, GroupChatPattern, Manager


@dataclass(slots=True)
class HandoffState(GroupState):
    """What a conversation with handoffs has come to."""

    active: Participant | None = None
    """Who has the word; None: nobody had it yet."""
    due: bool = False
    """Whether whoever has the word is still to say something."""
    handoffs: int = 0
    """Handoffs since the initiator spoke last."""
    keeps_on: bool = False
    """Whether the initiator says itself when it is over, where nobody said how often it may speak."""

    @property
    def comes_back(self) -> bool:
        """Whether the initiator may say more, once a reply was given."""
        return self.keeps_on or self.max_turns is not None

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        GroupState.apply(self, event)
        if isinstance(event, HandoffEvent):
            self.active = next((m for m in self.members if m.name == event.target), self.active)
            self.due = True
            self.handoffs += 1
        elif isinstance(event, PassedEvent):
            self.due, self.handed = False, None

    def said(
        self, side: int, message: Message, sender: str, inner: bool = False, by: str = "", owes: bool = True,
        auto_replies: int = 0,
    ) -> None:  # fmt: skip
        """Fold in a message: the initiator's, or one of somebody outside, is to be answered by who has the word."""
        GroupState.said(self, side, message, sender, inner, by, owes, auto_replies)
        if inner:
            return
        self.due = bool(by) or self.said_in_round == 1
        if not by and self.said_in_round == 1:
            self.handoffs = 0
        elif not by and self.speaker in self.members:
            self.active = self.speaker


class HandoffPattern(GroupChatPattern):
    """Gives the word to whoever it was handed over to; a reply in words ends the group's round.

    Args:
        group: the group.
        manager: its manager.
        start: who has the word first.
        allowed: by name: whom each one may hand over to.
        max_handoffs: handoffs at most between two things that the initiator says.
    """

    nobody = "A reply was given"

    def __init__(
        self, group: Chooser, manager: Manager, start: Participant, allowed: Mapping[str, Sequence[Participant]],
        max_handoffs: int,
    ) -> None:  # fmt: skip
        super().__init__(group, manager)
        self._start, self._allowed, self._max = start, allowed, max_handoffs
        self._lent: dict[str, Lent] = {}

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whom the manager gives the word: with the means to hand over, and told why it was handed over to."""
        speaker = await super().choose(run)
        state = cast(HandoffState, run.state)
        run.lent = NOTHING_LENT
        if speaker is None or not state.opened or state.between:
            return speaker
        handed = state.handed
        if handed is not None and handed.reason and speaker.name == handed.target:
            run.add_inner(_note(handed), speaker, self.manager, silent=True)
        run.lent = self._lent_to(speaker)
        return speaker

    async def select(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return who has the word; None: it has replied."""
        state = cast(HandoffState, run.state)
        speaker = state.active or self._start
        if not state.due:
            return None
        if speaker in refused:
            end = Termination(f"{speaker.name} has the word, and may not speak", "refused")
        elif state.handoffs > self._max:
            end = Termination(f"Maximum handoffs ({self._max}) reached", "limit")
        else:
            return speaker
        run.terminate(end.reason, self.manager.name, last.name, how=end.how)
        return None

    # ------------------------------------------------------------ a handoff

    def _lent_to(self, speaker: Participant) -> Lent:
        """Return the tools by which a member hands over; those of its own with such a name stay."""
        lent = self._lent.get(speaker.name)
        if lent is None:
            own: Mapping[str, Any] = getattr(speaker, "own_tools", {})
            allowed = self._allowed.get(speaker.name, ())
            tools = {tool.name: tool for tool in map(transfer_tool, allowed) if tool.name not in own}
            targets = tuple(member.name for member in allowed)
            lent = Lent(tools=tools, hands_over=True, targets=targets, route=self.route, executor=self.roster.executor)
            self._lent[speaker.name] = lent
        return lent

    async def route(self, run: RunContext, source: Agent, wanted: Transfer) -> Transfer | str:
        """Return to whom a member hands over, by the rules and the people they ask; or why it does not."""
        wrong = self._wrong(source, wanted.to)
        if wrong:
            return f"Error: {wrong}"
        policies = (*self.manager.policies, *getattr(source, "policies", ()))
        if not _are_about_handoffs((*run.policies, *policies)):
            return wanted
        arguments = {"to": wanted.to, "reason": wanted.reason}
        action = Action(
            "handoff", source.name, wanted.to, arguments, run_id=run.run_id, turn=run.turn, asked_by=wanted.asked_by
        )
        others = [member.name for member in self.roster.members if member is not source]
        shown = f"{source.name} -> {wanted.to}{f': {wanted.reason}' if wanted.reason else ''}"
        subject = Subject(shown, _schema(others), partial(_complete, others))
        return _routed(wanted, await run.decide(action, policies, subject))

    def _wrong(self, source: Agent, to: str) -> str:
        """Say why a member cannot hand over to that one; empty: it can."""
        names = [member.name for member in self._allowed.get(source.name, ())]
        if to in names:
            return ""
        if to == source.name:
            return f"{to} is you, and you have the word already"
        known = self.roster.by_name(to) is not None
        why = f"{source.name} may not hand over to {to}" if known else f"{to} is not in this team"
        return f"{why}; {_one_of(names)}"


# ---------------------------------------------------------------- the tool


def transfer_tool(target: Agent) -> Tool:
    """Return the tool by which a model hands over to an agent."""

    def transfer(reason: Annotated[str, "Why, and what the next one has to know besides the conversation."]) -> Any:
        return _Transfer(target.name, reason)

    about = target.description.strip()
    return Tool(
        transfer,
        name=transfer_name(target.name),
        description=f"Hand the conversation over to {target.name}{f': {about}' if about else '.'}",
        effect="read",
        rules=ToolRules(asks=True),  # what is judged is the handoff
    )


def transfer_name(name: str) -> str:
    """Return what the tool is called that hands over to an agent of this name."""
    return f"transfer_to_{_NOT_IN_NAMES.sub('_', name)}"[:64]


_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class _Transfer:
    to: str
    reason: str

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        return f"To be handed over to {self.to}.", {"handoff": self.to, "reason": self.reason}


def _note(handed: HandoffEvent) -> Message:
    """Return what whoever is handed over to is told of it."""
    text = f"Handed over to you: {handed.reason}"
    return cast(Message, {"content": text, "role": "user", "override_role": "user", "name": handed.source})


# ---------------------------------------------------------------- what people say of it


def _are_about_handoffs(policies: Sequence[object]) -> bool:
    if not policies:  # else the algebra is not loaded
        return False
    from ..oversight.guards import gates

    return gates("handoff", policies)


def _schema(names: Sequence[str]) -> Mapping[str, Any]:
    properties = {"to": {"type": "string", "enum": list(names)}, "reason": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["to"]}


def _complete(names: Sequence[str], arguments: dict[str, Any]) -> dict[str, Any]:
    to = str(arguments.get("to", ""))
    if to not in names:
        near = nearest(to, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ToolArgumentsError(f"to={to!r}: it can go to {', '.join(names)}{hint}")
    return {"to": to, "reason": str(arguments.get("reason") or "")}


def _routed(wanted: Transfer, verdict: Verdict) -> Transfer | str:
    match verdict:
        case Go(action, by):
            return Transfer(str(action.arguments["to"]), str(action.arguments["reason"]), by)
        case Revise(text, by):
            return f"Not handed over to {wanted.to} yet. {by or 'A person'} asks for this first: {text}"
        case Refused(reason, by):
            who = f", as {by} decided" if by else ""
            return f"Not handed over to {wanted.to}{who}{f': {reason}' if reason else ''}. Go on yourself."
        case _:
            return f"Not handed over to {wanted.to}. Go on yourself."


def _one_of(names: Sequence[str]) -> str:
    return f"hand over to one of {', '.join(names)}, or go on yourself" if names else "go on yourself"
