"""The lesson planner where no model is configured: rules that read the teacher's wishes and write a plan.

They keep nothing between calls: each time, all wishes are read again from the messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

FACTS = {
    "sun": "The Sun is a star. More than a million Earths would fit inside it.",
    "moon": "The Moon goes around the Earth in about 27 days and always shows us the same side.",
    "earth": "The Earth turns once a day: that is why we have day and night.",
    "mars": "Mars is red because there is rust in its soil.",
    "jupiter": "Jupiter is the largest planet; its red spot is a storm wider than the Earth.",
    "saturn": "Saturn's rings are made of ice and stones.",
    "planets": "Eight planets go around the Sun: four small ones of rock, four giants far out.",
}
TOPICS = {
    "solar system": ["the Sun", "the planets", "the Earth", "Mars"],
    "space": ["the Sun", "the planets", "the Moon"],
}
EXTRAS = {
    "quiz": "Quiz: five questions on slips of paper, answered in pairs.",
    "game": "Game: children stand up for what is true and sit down for what is not.",
    "experiment": "Experiment: a lamp, a ball and a chalk mark show what we talked about.",
    "homework": "Homework: draw what surprised you and write two sentences below it.",
}


@dataclass
class Wishes:
    """What the teacher wants, as far as the rules understood."""

    topic: str = "the solar system"
    pupils: str = "fourth grade"
    minutes: int = 45
    extras: list[str] = field(default_factory=list[str])
    more: list[str] = field(default_factory=list[str])
    less: list[str] = field(default_factory=list[str])


def plan_by_rules(messages: Sequence[Any]) -> str:
    """Answer the last message of the teacher: the plan, revised as they wish."""
    wishes, changes = Wishes(), [""]
    said = [str(m.get("content") or "") for m in messages if m.get("role") == "user"]
    for text in said:
        changes = read(text, wishes)
    if len(said) > 1 and not said[-1].strip():
        return write(wishes)
    if len(said) > 1 and not changes:
        return (
            f"I could not read a wish in {said[-1][:60]!r}, so the plan stays as it is. I am a set of rules and "
            "understand: shorter, longer, 30 minutes, ages 7 to 8, grade 2, add a quiz (game, experiment, homework), "
            "no quiz, more about ..., less about ..., change the topic to ..."
        )
    changed = f"Changed: {', '.join(changes)}.\n\n" if len(said) > 1 else ""
    return changed + write(wishes)


# ---------------------------------------------------------------- reading


def read(text: str, wishes: Wishes) -> list[str]:
    """Take the wishes of one message over, and return what each one changed."""
    found: list[str] = []
    for pattern, take in _WISHES:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            change = take(wishes, match)
            if change and change not in found:
                found.append(change)
    return found


def _topic(wishes: Wishes, match: re.Match[str]) -> str:
    wishes.topic, wishes.more, wishes.less = _clean(match[1]), [], []
    return f"the topic is {wishes.topic}"


def _grade(wishes: Wishes, match: re.Match[str]) -> str:
    wishes.pupils = f"{match[1].lower()} grade" if match[1] else f"grade {match[2]}"
    return f"for {wishes.pupils}"


def _ages(wishes: Wishes, match: re.Match[str]) -> str:
    first, last = match[1] or match[3], match[2]
    wishes.pupils = f"ages {first} to {last}" if last else f"age {first}"
    return f"for {wishes.pupils}"


def _minutes(wishes: Wishes, match: re.Match[str]) -> str:
    wishes.minutes = min(max(int(match[1]), 10), 180)
    return f"it takes {wishes.minutes} minutes"


def _shorter(wishes: Wishes, match: re.Match[str]) -> str:
    wishes.minutes = max(wishes.minutes - 15, 10)
    return f"shorter, {wishes.minutes} minutes"


def _longer(wishes: Wishes, match: re.Match[str]) -> str:
    wishes.minutes = min(wishes.minutes + 15, 180)
    return f"longer, {wishes.minutes} minutes"


def _add(wishes: Wishes, match: re.Match[str]) -> str:
    extra = match[2].lower()
    if match[1] and match[1].lower() in ("no", "without", "remove", "drop"):
        wishes.extras = [known for known in wishes.extras if known != extra]
        return f"no {extra}"
    if extra not in wishes.extras:
        wishes.extras.append(extra)
    return f"with {'' if extra == 'homework' else 'an ' if extra == 'experiment' else 'a '}{extra}"


def _more(wishes: Wishes, match: re.Match[str]) -> str:
    subject = _clean(match[1])
    wishes.less = [known for known in wishes.less if known != subject]
    wishes.more = [*(known for known in wishes.more if known != subject), subject]
    return f"more about {subject}"


def _less(wishes: Wishes, match: re.Match[str]) -> str:
    subject = _clean(match[1])
    wishes.more = [known for known in wishes.more if known != subject]
    wishes.less.append(subject)
    return f"less about {subject}"


def _clean(text: str) -> str:
    return " ".join(text.split())


_SUBJECT = r"([\w' -]+?)(?=\s+(?:and|but|with|for|please|instead|in)\b|\s*[,.;:!?]|\s*$)"
_WISHES: tuple[tuple[str, Callable[[Wishes, re.Match[str]], str]], ...] = (
    (rf"\b(?:lesson (?:about|on)|introduce (?:\w+ )*?to|topic (?:to|is)|change to)\s+{_SUBJECT}", _topic),
    (r"\b(first|second|third|fourth|fifth|sixth)[- ]grade|\bgrade (\d)\b", _grade),
    (r"\bages? (\d{1,2})(?:\s*(?:-|to|and)\s*(\d{1,2}))?|\b(\d{1,2})[- ]years?[- ]olds?", _ages),
    (r"\b(\d{1,3})[- ]?min(?:ute)?s?\b", _minutes),
    (r"\bshorter\b|\btoo long\b", _shorter),
    (r"\blonger\b|\btoo short\b", _longer),
    (r"\b(?:(no|without|remove|drop|add|with)\s+)?(?:an?\s+|the\s+)?(quiz|game|experiment|homework)\b", _add),
    (rf"\bmore (?:about|on)\s+{_SUBJECT}", _more),
    (rf"\bless (?:about|on)\s+{_SUBJECT}", _less),
)


# ---------------------------------------------------------------- writing


def write(wishes: Wishes) -> str:
    """Return the plan as Markdown."""
    main = max(wishes.minutes - 10 - 8 * len(wishes.extras), 5)
    subjects = [*wishes.more, *_subjects(wishes)][: max(main // 6, 1)] or [wishes.topic]
    shares = [main // len(subjects)] * len(subjects)
    shares[0] += main % len(subjects)
    steps = [
        f"(5 minutes) Ask: what do you know about {wishes.topic} already? Collect it on the board.",
        *(f"({share} minutes) {_part(subject)}" for subject, share in zip(subjects, shares, strict=True)),
        *(f"(8 minutes) {EXTRAS[extra]}" for extra in wishes.extras),
        "(5 minutes) Each child says what was new. Write down the open questions.",
    ]
    objectives = [*(f"say one true thing about {subject}" for subject in subjects), "ask a question of their own"]
    return "\n".join(
        [
            f"# {wishes.topic[:1].upper()}{wishes.topic[1:]}",
            f"\nFor {wishes.pupils}, {wishes.minutes} minutes.",
            "\n## Objectives\n\nThe children can",
            "",
            *(f"- {objective}" for objective in objectives),
            "\n## Script\n",
            *(f"{number}. {step}" for number, step in enumerate(steps, 1)),
        ]
    )


def _subjects(wishes: Wishes) -> list[str]:
    known = next((names for topic, names in TOPICS.items() if topic in wishes.topic.lower()), list[str]())
    taken = {_key(subject) for subject in [*wishes.more, *wishes.less]}
    return [name for name in known if _key(name) not in taken]


def _part(subject: str) -> str:
    fact = FACTS.get(_key(subject))
    if fact:
        return f'Say: "{fact}" The children draw it and explain the drawing to their neighbour.'
    return f"Look together at a picture of {subject}; collect what the children see, and two facts from a book."


def _key(subject: str) -> str:
    return subject.lower().removeprefix("the ")
