"""What looks like a secret: keys, tokens, card numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import ConfigError
from ..models.masking import MASK


@dataclass(frozen=True, slots=True)
class Known:
    """A pattern of ours, with what tells quickly that a text cannot hold it."""

    marks: tuple[str, ...]
    """One of these stands in every text that holds it; empty: `hint` alone says."""
    pattern: re.Pattern[str]
    hint: re.Pattern[str] | None = None
    """Is found in every text that holds it, and in the JSON of one."""
    shown: Callable[[str], str] = lambda found: MASK
    """What stands in its place."""

    def may_be_in(self, text: str) -> bool:
        """Return whether a text, or the JSON of one, may hold it."""
        marked = not self.marks or any(mark in text for mark in self.marks)
        return marked and (self.hint is None or self.hint.search(text) is not None)

    def hide(self, text: str) -> str:
        """Return a text without it."""
        return self.pattern.sub(lambda found: self.shown(found[0]), text)


Pattern = str | re.Pattern[str] | Known
"""What `redact=` takes: a regular expression, or one of ours."""


def luhn(text: str) -> bool:
    """Return whether the digits of a text have the check digit of a card number."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _without_cards(text: str) -> str:
    """Return groups of digits without the card number among them: a month or a check code may stand beside it."""
    groups = re.split(r"([ -])", text)
    for first in range(0, len(groups), 2):
        for last in range(len(groups), first, -2):
            card = "".join(groups[first:last])
            if card.startswith(("2", "3", "4", "5", "6")) and luhn(card):
                return "".join((*groups[:first], MASK, _without_cards("".join(groups[last:]))))
    return text


# Texts are met as they are and, as the arguments of a call, as JSON in a text, where what stands before a
# secret may be an escaped line break.
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"


def _key(marks: str, pattern: str) -> Known:
    return Known(tuple(marks.split(",")), re.compile(_START + pattern), re.compile(pattern))


API_KEYS = _key(
    "k-,k_,xai-,hf_,ghp_,gho_,ghs_,ghu_,ghr_,github_pat_,glpat-,xox,AKIA,ASIA,AIza",
    r"(?:"
    r"(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|(?:gsk_|xai-|hf_)[A-Za-z0-9_-]{16,}|gh[opsur]_[A-Za-z0-9]{20,}"
    r"|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[a-z]-[A-Za-z0-9-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}"
    r")",
)
"""Keys of model providers, code hosts and clouds, by their beginnings."""
BEARER_TOKENS = Known(
    ("earer ", "EARER ", "asic ", "ASIC "),
    re.compile(r"(?i)(?:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{16,}"),
    re.compile(r"(?i)(?:bearer|basic) [A-Za-z0-9._~+/=-]{16}"),
)
"""What follows Bearer or Basic."""
JSON_WEB_TOKENS = _key("eyJ", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
PRIVATE_KEYS = _key(
    "PRIVATE KEY", r"(?s:-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z))"
)
CARD_NUMBERS = Known(
    (),
    re.compile(
        r"(?:(?<![A-Za-z0-9_.-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))[0-9](?:[ -]?[0-9]){12,40}(?![A-Za-z0-9_-])"
    ),
    re.compile(r"[0-9][0-9 -]{11,}[0-9]"),
    _without_cards,
)
"""13 to 19 digits with the check digit of a card number."""

PATTERNS: tuple[Known, ...] = (API_KEYS, BEARER_TOKENS, JSON_WEB_TOKENS, PRIVATE_KEYS, CARD_NUMBERS)
"""What is hidden unless it is said otherwise."""


class Patterns:
    """Several patterns, ours and the user's."""

    def __init__(self, given: Iterable[Pattern]) -> None:
        listed: object = given
        if isinstance(listed, (str, re.Pattern, Known)):
            raise ConfigError(f"redact={listed!r}: expected a list of patterns; write redact=(*PATTERNS, r'...')")
        self._all = [one if isinstance(one, Known) else _compiled(one) for one in given]
        # Whether a user's pattern fits can only be said of a text itself, not of its JSON.
        self._always = any(not one.marks and one.hint is None for one in self._all)
        self._marks = tuple(mark for one in self._all for mark in one.marks)
        self._unmarked = [one for one in self._all if not one.marks]

    def suspects(self, text: str) -> bool:
        """Return whether a text may be in need of hiding; quick, for texts that nearly never are."""
        # This runs for every row, and its first line is as quick as Python can look for twenty texts.
        if not any(map(text.__contains__, self._marks)) and not self._always:
            return any(one.may_be_in(text) for one in self._unmarked)
        return self._always or any(one.may_be_in(text) for one in self._all)

    def hide(self, text: str) -> str:
        """Return a text without what the patterns find."""
        for one in self._all:
            text = one.hide(text)
        return text


def _compiled(pattern: str | re.Pattern[str]) -> Known:
    try:
        return Known((), re.compile(pattern))
    except (re.error, TypeError) as error:
        raise ConfigError(f"redact: {pattern!r} is no regular expression: {error}") from None
