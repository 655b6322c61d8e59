"""A group whose next speaker is selected: by a model, a person, or a function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Unpack, cast

from ..agents.conversable import ConversableAgent
from ..agents.human import Human
from ..errors import ConfigError
from ..models.base import ModelClient
from .arguments import TeamOptions, checked_count, listed_members
from .base import Team

PERSON = "person"


class Selector(Team):
    """Agents of whom one is selected to speak, again and again. Where only one may speak nobody is asked.

    team = Selector([planner, coder, tester], by=llm_config, turns=12)
    team = Selector([planner, coder, tester], by="person")
    """

    word: ClassVar[str] = "selector"

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        by: Any = None,
        turns: int | None = 10,
        repeat: bool = True,
        transitions: Mapping[ConversableAgent, Sequence[ConversableAgent]] | None = None,
        group: Mapping[str, Any] | None = None,
        llm_config: Any = None,
        **kwargs: Unpack[TeamOptions],
    ) -> None:
        """Make a group with a selected speaker.

        Args:
            members: of whom one is selected; two or more.
            by: who selects: the configuration of a model, a `Human` or ``"person"`` for whoever is there, or a
                function of (last_speaker, groupchat), sync or async, that returns a member, or None to end it; None:
                its own ``llm_config``.
            turns: how often a member has the word at most; None: until a message, a limit or a person ends it.
            repeat: whether one may have the word twice in a row.
            transitions: by member, those who may speak after it; None: everybody.
            group: more for `GroupChat`, such as the texts that the model is told.
            llm_config: its model, which selects where `by` says nothing else.
            **kwargs: more for `Team`: ``name``, ``description``, ``oversight``, ``limits``, ``is_termination_msg``;
                ``at("speaker", ...)`` of `oversight` judges a choice before it counts.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        if len(listed_members(self, members)) < 2:
            raise ConfigError("Selector([...]): there is nobody to select from; expected two members or more")
        self.turns = checked_count("turns", turns, "Selector([...], turns=10)")
        method, config = _method(by)
        if config is not None:
            if llm_config:
                raise ConfigError("by= and llm_config= both name a model that selects; give one of them")
            llm_config = config
        chosen: dict[str, Any] = {"speaker_selection_method": method, **_who_may(repeat, transitions), **(group or {})}
        super().__init__(
            members,
            group=chosen,
            max_messages=sys.maxsize if turns is None else turns + 1,
            llm_config=llm_config,
            **kwargs,
        )
        self.ends_by_itself = turns is not None or self.limits is not None
        if isinstance(by, Human):
            self.groupchat.selected_by = by.asks
        if method == "auto" and not self.llm_config and not chosen.get("select_speaker_auto_llm_config"):
            raise ConfigError(
                "Selector([...]) needs somebody who selects: by=llm_config, by='person', or by=a function of "
                "(last_speaker, groupchat)"
            )

    @property
    def limit_reached(self) -> str:
        """What is told when its members have had the word as often as they may."""
        return f"Maximum turns ({self.turns}) reached"


def _method(by: Any) -> tuple[str | Callable[..., Any], Any]:
    """Return the method of the group chat, and the configuration of the model that selects."""
    from ..models.config import LLMConfig  # loaded with the first configuration

    if by is None or isinstance(by, (Mapping, LLMConfig, ModelClient)):
        return "auto", cast(Any, by)
    if isinstance(by, Human) or by == PERSON:
        return "manual", None
    if callable(by):
        return by, None
    raise ConfigError(
        f"by={by!r}: expected the configuration of a model, a Human, 'person', or a function of (last_speaker, "
        "groupchat)"
    )


def _who_may(repeat: bool, transitions: Any) -> dict[str, Any]:
    if transitions is None:
        return {"allow_repeat_speaker": repeat}
    if not repeat:
        transitions = {one: [other for other in after if other is not one] for one, after in transitions.items()}
    return {"allowed_or_disallowed_speaker_transitions": transitions, "speaker_transitions_type": "allowed"}
