"""A desk where whoever has the word keeps it, until it hands over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack, cast

from ..agents.conversable import ConversableAgent
from ..agents.human import Human
from ..conversation.group import GroupState
from ..errors import ConfigError, one_of
from ..patterns.handoff import HandoffPattern, HandoffState, transfer_name
from .arguments import TeamOptions, whole_number
from .base import Team

Whom = ConversableAgent | str | Iterable[ConversableAgent | str]


class Handoff(Team):
    """Agents who hand a conversation over to each other; whoever has it replies, until it hands over.

        desk = Handoff([triage, billing, tech], oversight=at("handoff", ask("supervisor")))
        user.initiate_chat(desk, message="I was charged twice")

    The model of each one is offered a tool ``transfer_to_<name>`` for everybody it may hand over to; any other tool of
    its own that returns an agent of the team hands over, too; a member that is a person types ``to <name>``. A reply in
    words ends the round: the initiator gets it, and what it says next goes to the same agent. A person who may decide
    about a handoff re-routes it by changing ``to``.
    """

    word: ClassVar[str] = "desk"
    state_kind: ClassVar[type[GroupState]] = HandoffState

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        start: ConversableAgent | str | None = None,
        to: Mapping[Any, Whom] | None = None,
        back: bool = True,
        max_handoffs: int = 10,
        **kwargs: Unpack[TeamOptions],
    ) -> None:
        """Make a desk.

        Args:
            members: who works at it: agents, people, other teams.
            start: who has the word first; None: the first of them.
            to: whom each one may hand over to: ``{"triage": ["billing", "tech"]}``; None: everybody to everybody.
            back: whether those to whom somebody may hand over may hand back to them.
            max_handoffs: handoffs at most between two things that the initiator says; one more ends the conversation.
            **kwargs: more for `Team`: ``name``, ``description``, ``oversight``, ``limits``, ``is_termination_msg``;
                ``at("handoff", ...)`` of `oversight` judges handoffs.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        super().__init__(members, **kwargs)
        if not isinstance(cast(object, back), bool):
            raise ConfigError(f"back={back!r} is neither True nor False")
        self.max_handoffs = whole_number("max_handoffs", max_handoffs, 1)
        self.start = self.members[0] if start is None else self._member("start", start)
        self.to: Mapping[str, Sequence[ConversableAgent]] = self._allowed(to, back)
        """By name: whom each one may hand over to."""
        _check_tools(self.members)

    def pattern(self, state: GroupState) -> HandoffPattern:
        """Return who speaks when."""
        initiator = cast(ConversableAgent, state.initiator)
        cast(HandoffState, state).keeps_on = isinstance(initiator, Human) or initiator.human_input_mode == "ALWAYS"
        return HandoffPattern(self.groupchat, self, self.start, self.to, self.max_handoffs)

    def _allowed(self, to: Mapping[Any, Whom] | None, back: bool) -> dict[str, list[ConversableAgent]]:
        members = self.members
        if to is None:
            return {one.name: [other for other in members if other is not one] for one in members}
        if not isinstance(cast(object, to), Mapping):
            raise ConfigError(f"to={to!r}: expected whom each one may hand over to, such as {{'triage': ['billing']}}")
        pairs = {
            (self._member("to", source).name, self._member(f"to[{_name(source)!r}]", target).name)
            for source, targets in to.items()
            for target in _listed(targets)
        }
        if back:
            pairs |= {(target, source) for source, target in pairs}
        return {
            one.name: [other for other in members if other is not one and (one.name, other.name) in pairs]
            for one in members
        }

    def _member(self, what: str, value: Any) -> ConversableAgent:
        name = _name(value)
        found = next((member for member in self.members if member is value or member.name == name), None)
        if found is None:
            raise one_of(what, name, [member.name for member in self.members])
        return found


def _name(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "name", value))


def _listed(targets: Any) -> Iterable[Any]:
    return (targets,) if isinstance(targets, (str, ConversableAgent)) else cast("Iterable[Any]", targets)


def _check_tools(members: Sequence[ConversableAgent]) -> None:
    """Refuse names that would make two tools alike."""
    names = [transfer_name(member.name) for member in members]
    twice = [member.name for member, name in zip(members, names, strict=True) if names.count(name) > 1]
    if twice:
        raise ConfigError(f"{' and '.join(map(repr, twice))} would both be handed over to by one tool; name them apart")
