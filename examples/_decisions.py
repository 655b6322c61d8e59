"""Read a person's decision, strictly: what is not one of a few fixed forms decides nothing."""

from __future__ import annotations

import re
from collections.abc import Collection

FORMS = "approve, deny or skip, with numbers (approve 1 3), all, or all but (deny all but 2)"
WORDS = ("approve", "deny", "skip")

_NUMBERS = r"#?[0-9]{1,9}(?:(?:\s*,\s*|\s+and\s+|\s+)#?[0-9]{1,9})*"
_FORM = re.compile(rf"(approve|deny|skip)(?:\s+(?:(all)(?:\s+but\s+({_NUMBERS}))?|({_NUMBERS})))?")


class Unclear(ValueError):
    """The text is no decision; the message says why, for the person."""


def read_decision(text: str, undecided: Collection[int], *, bare_means_all: bool = False) -> tuple[str, list[int]]:
    """Return a text's word (approve, deny, skip) and the numbers it speaks of.

    No substring and no model judges it: in "not approved" there is "approve", in "ok" there is
    only good will.

    Args:
        text: what the person typed.
        undecided: the numbers they were asked about.
        bare_means_all: whether a word alone speaks of all of them; else only where there is one.

    Raises:
        Unclear: it is blank, anything but one of `FORMS`, or names a number that was not asked about.
    """
    said = text.strip()
    if not said:
        raise Unclear("Nothing was typed.")
    match = _FORM.fullmatch(said.lower())
    if match is None:
        raise Unclear(f"{said[:60]!r} is not a decision.")
    word, every, exceptions, listed = match.groups()
    if listed or exceptions:
        named = [int(number) for number in re.findall(r"[0-9]+", listed or exceptions)]
        strangers = [number for number in named if number not in undecided]
        if strangers:
            raise Unclear(f"{said!r} names {strangers[0]}, which is not asked about.")
        chosen = named if listed else [number for number in undecided if number not in named]
        if not chosen:
            raise Unclear(f"{said!r} leaves nothing to {word}.")
        return word, sorted(set(chosen))
    if not every and len(undecided) > 1 and not bare_means_all:
        raise Unclear(f"{word} which? Name numbers, or type {word} all.")
    return word, sorted(undecided)
