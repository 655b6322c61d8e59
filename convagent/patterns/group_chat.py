"""A group that talks through its manager, who gives one of them the word after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from ..action import Action, Policy
from ..agent import Agent, Participant, Termination
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.group_thread import MANAGER
from ..conversation.state import ConversationState
from ..conversation.verdict import Go, Instead, Subject
from ..errors import ConfigError, NoEligibleSpeakerError, ToolArgumentsError, nearest, one_of
from ..events import GroupChatRunChatEvent
from ..messages import Message
from ..models.base import ModelClient
from .by_model import Texts, chosen_by_model
from .by_person import chosen_by_person
from .roster import METHODS, Group, Members, Roster


class Chooser(Group, Texts, Protocol):
    """What this pattern asks of a group chat."""

    max_round: int
    speaker_selection_method: Any
    selected_by: Any
    """The policy that says which person chooses; None: whoever is there."""

    def own_selection(self, run: RunContext) -> Callable[..., Any] | None:
        """Return the method of a subclass that chooses in the place of this pattern; None: there is none."""
        ...

    def selecting_model(self, manager: Any) -> tuple[ModelClient, str]:
        """Return the model that chooses, and what its calls are counted under."""
        ...


class Manager(Participant, Protocol):
    """What this pattern asks of a manager."""

    policies: tuple[Policy, ...]
    quiet: bool
    usage: Any

    @property
    def limit_reached(self) -> str:
        """What is told when the group has spoken as often as it may, with the number that its maker gave."""
        ...

    def is_termination(self, message: Message) -> bool:
        """Return whether a message ends the conversation of the group."""
        ...


class GroupChatPattern:
    """Chooses who speaks next in a group, as its `GroupChat` says. Holds nothing that could not be found out again."""

    asks = True
    ends_by_answer = False
    nobody = "No next speaker selected"
    """Why it is over where nobody is to speak."""

    def __init__(self, group: Chooser, manager: Manager) -> None:
        self.group, self.manager = group, manager
        self.roster = Roster(group)
        self._judged: bool | None = None
        """Whether a policy may have an opinion on speakers; None: nobody has looked yet."""

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return who opens, or owes the next round trip's message; whom to give the word is asked of `choose`."""
        return None if state.opened else state.initiator

    def end(self, state: ConversationState) -> Termination | None:
        """Return None: the manager's termination has said why."""
        return None

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whom the manager gives the word; None: it is over, and a termination says why."""
        state = cast(GroupState, run.state)
        if not state.opened:
            return state.initiator
        if state.owes is None:
            return None
        run.silent = run.silent or self.manager.quiet
        run.agent_name = self.manager.name
        over = self._over(state)
        speaker = None if over else await self._selected(run, state)
        if speaker is not None:
            run.runtime.emit(GroupChatRunChatEvent(speaker=speaker.name, silent=run.silent, agent=self.manager.name))
            return speaker
        if not state.reason and state.goes_on:
            state.between = True
            if run.tally is not None:
                run.tally.after_turn(run.runtime, run.turn)
            return state.initiator
        if over or not state.reason:
            last = state.speaker or state.initiator
            end = over or Termination(self.nobody)
            run.terminate(end.reason, self.manager.name, last.name, how=end.how)
        return None

    def _over(self, state: GroupState) -> Termination | None:
        """Say how and why the group has spoken enough; None: it has not."""
        last = state.thread.latest_of(MANAGER)[-1]
        if self.manager.is_termination(last):
            return Termination(f"Termination message condition on the GroupChatManager '{self.manager.name}' met")
        limit = self._limit_reached(state)
        return Termination(limit, "limit") if limit else None

    def _limit_reached(self, state: GroupState) -> str:
        """Name the limit of what is said in a round, if it is reached; empty: it is not."""
        return self.manager.limit_reached if state.said_in_round >= self.group.max_round else ""

    # ------------------------------------------------------------ the choice

    async def _selected(self, run: RunContext, state: GroupState) -> Participant | None:
        last = state.speaker or state.initiator
        refused: list[Participant] = []
        while True:
            try:
                speaker = await self.select(run, last, refused)
            except NoEligibleSpeakerError:
                return None
            if speaker is None or not self._is_judged(run):
                return speaker
            allowed = await self._judge(run, speaker)
            if allowed is not None:
                return allowed
            refused.append(speaker)

    async def select(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return who is to speak after somebody, by the group's method; None: nobody.

        Args:
            run: the group's conversation.
            last: who spoke last.
            refused: members who were chosen already, and may not speak.

        Raises:
            NoEligibleSpeakerError: nobody may speak.
            ConfigError: the method is none, or its choice is not in the group.
        """
        own = self.group.own_selection(run)
        if own is None:
            return await self.by_method(run, last, refused)
        return await self._by_function(run, own, last, self.manager, refused)

    async def by_method(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return who is to speak, by what the group chat names as its method; see `select`."""
        method = self.group.speaker_selection_method
        if callable(method):
            return await self._by_function(run, method, last, self.group, refused)
        return await self._by_word(run, method, last, refused, then_next=True)

    async def _by_function(
        self, run: RunContext, choose: Callable[..., Any], last: Participant, whose: Any, refused: Sequence[Agent]
    ) -> Participant | None:
        found = await self._users_choice(run, choose, last, whose)
        if isinstance(found, str):
            return await self._by_word(run, found, last, refused)
        if found is None or found not in refused:
            return found
        return self.roster.following(last, self._among(run, last, refused))

    async def _by_word(
        self, run: RunContext, method: str, last: Participant, refused: Sequence[Agent], then_next: bool = False
    ) -> Participant | None:
        """Choose by one of the methods.

        Args:
            run: the group's conversation.
            method: which.
            last: who spoke last.
            refused: who may not be chosen.
            then_next: whether the next in the order speaks where a person leaves it open; else a model chooses.
        """
        word = method.lower()
        if word not in METHODS:
            raise one_of("speaker_selection_method", method, METHODS)
        among = self._among(run, last, refused)
        if len(among) == 1:
            return among[0]
        if word == "random":
            return run.runtime.rng.choice(among)
        if word == "manual":
            whom = self.group.selected_by
            found, ended = await chosen_by_person(run, self.manager.name, last.name, among, whom)
            if found is not None or ended:
                return found
        if word == "round_robin" or (word == "manual" and then_next):
            return self.roster.following(last, among)
        client, counted = self.group.selecting_model(self.manager)
        named = await chosen_by_model(run, self.manager, self.group, client, counted, among)
        return named or self.roster.following(last, among)

    def _among(self, run: RunContext, last: Agent, refused: Sequence[Agent]) -> Members:
        state = cast(GroupState, run.state)
        among = self.roster.candidates(last, state.last, lambda: len(state.thread.view_of(MANAGER)))
        if not refused:
            return among
        left = [agent for agent in among if agent not in refused]
        if not left:
            raise NoEligibleSpeakerError("everybody who may speak was refused")
        return left

    async def _users_choice(self, run: RunContext, choose: Callable[..., Any], last: Participant, whose: Any) -> Any:
        """Ask a function of the user; returns a member, a method's word, or None: nobody."""
        if not run.runtime.keeps:
            return self._checked(await run.call(choose, last, whose))

        async def named() -> Any:
            found = self._checked(await run.call(choose, last, whose))
            return found if found is None or isinstance(found, str) else {"agent": found.name}

        kept = await run.step("speaker", named)
        return self.roster.by_name(str(cast("Mapping[str, Any]", kept)["agent"])) if isinstance(kept, Mapping) else kept

    def _checked(self, found: Any) -> Any:
        if found is None or isinstance(found, str):
            return found
        name = getattr(found, "name", None)
        if not isinstance(found, Agent):
            raise ConfigError(
                f"the speaker selection function returned {found!r}, a {type(found).__name__}; expected an agent of "
                f"the group, one of {', '.join(METHODS)}, or None to end the chat"
            )
        if self.roster.by_name(found.name) is not found:
            raise ConfigError(
                f"the speaker selection function returned the agent {name!r}, who is not in the group; "
                f"it has {', '.join(m.name for m in self.roster.members)}"
            )
        return found

    # ------------------------------------------------------------ a policy's opinion on it

    def _is_judged(self, run: RunContext) -> bool:
        if self._judged is None:
            policies = (*run.policies, *self.manager.policies)
            if policies:  # else the algebra is not loaded
                from ..oversight.guards import gates

                self._judged = gates("speaker", policies)
            else:
                self._judged = False
        return self._judged

    async def _judge(self, run: RunContext, speaker: Participant) -> Participant | None:
        """Return who may speak: the one who was chosen, or another whom a person names; None: not this one."""
        names = [member.name for member in self.roster.members]
        action = Action(
            "speaker", self.manager.name, speaker.name, {"speaker": speaker.name}, run_id=run.run_id, turn=run.turn
        )
        schema = {"type": "object", "properties": {"speaker": {"enum": names}}, "required": ["speaker"]}
        verdict = await run.decide(
            action, self.manager.policies, Subject(f"speaker: {speaker.name}", schema, self._complete)
        )
        match verdict:
            case Go(action):
                return self.roster.by_name(str(action.arguments["speaker"]))
            case Instead(value):
                return self.roster.by_name(str(value))
            case _:
                return None

    def _complete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = str(arguments.get("speaker", ""))
        if self.roster.by_name(name) is None:
            names = [member.name for member in self.roster.members]
            near = nearest(name, names)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ToolArgumentsError(f"speaker={name!r} is not in the group; it has {', '.join(names)}{hint}")
        return {"speaker": name}
