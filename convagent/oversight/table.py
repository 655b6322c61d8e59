"""Who decides what about each tool of an agent, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from .._keywords import says_what_it_takes
from ..action import Action
from ..errors import ConfigError
from .explain import explain
from .guards import At, Failing, Sample, When
from .guards import Below as BelowGuard
from .joins import All, First, together
from .policy import Policy, as_policies
from .predicate import Both, Compare, Either, Not, Predicate, Ref, parts
from .router import Oversight


class RulesOf(Protocol):
    """What a tool says of who decides about it."""

    @property
    def approval(self) -> Any:
        """Its policies."""
        ...

    @property
    def risk(self) -> str:
        """The word for its risk, or empty."""
        ...

    @property
    def asks(self) -> bool:
        """Whether all it does is ask a person."""
        ...


class ToolOf(Protocol):
    """What the table needs of a tool."""

    @property
    def name(self) -> str:
        """What a model calls it."""
        ...

    @property
    def rules(self) -> RulesOf:
        """Who decides about it."""
        ...


class AgentOf(Protocol):
    """What the table needs of an agent."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def policies(self) -> Any:
        """Its oversight."""
        ...

    @property
    def own_tools(self) -> Mapping[str, Any]:
        """Tools that its model calls and it executes."""
        ...

    @property
    def executes(self) -> Iterable[Any]:
        """Tools that it executes, for others or itself, and what runs code for it."""
        ...

    @property
    def llm_tools(self) -> Iterable[Any]:
        """Tools that its model calls and another agent executes."""
        ...


@dataclass(frozen=True, slots=True)
class ToolPolicy:
    """Who decides about one tool."""

    tool: str
    risk: str
    """As the tool declares it; empty: it does not."""
    role: str
    """What the agent has to do with it: `calls and executes`, `calls`, `executes`."""
    approval: Policy | None
    """What the tool itself says."""
    oversight: Policy | None
    """What of the agent's oversight is about it."""
    asks: bool = False
    """Whether all it does is ask a person, which no rule holds back."""

    @property
    def has_rule(self) -> bool:
        """Return whether any policy may have an opinion on its calls."""
        return any(p is not None and p.about("tool") for p in (self.approval, self.oversight))

    @property
    def decides(self) -> str:
        """Say in words who decides, on one line or more."""
        if self.asks:
            return "nobody: all it does is ask a person"
        said = [(who, p) for who, p in (("tool", self.approval), ("agent", self.oversight)) if p is not None]
        lines = [f"{who}: {explain(policy)}" for who, policy in said]
        return "\n".join(lines if self.has_rule else ["nobody: no rule is about its calls", *lines])


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """The tools of an agent and who decides about each. Prints as a table; iterates over `ToolPolicy`."""

    agent: str
    rows: tuple[ToolPolicy, ...]

    @property
    def without_rule(self) -> tuple[str, ...]:
        """Return the names of the tools that no policy is about, but for those that only ask a person."""
        return tuple(row.tool for row in self.rows if not row.has_rule and not row.asks)

    def __iter__(self) -> Iterator[ToolPolicy]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.agent} has no tools."
        cells = [(r.tool, r.role, r.risk or "-", r.decides) for r in self.rows]
        loose = self.without_rule
        last = f"Without a rule: {', '.join(loose)}" if loose else "Every tool has a rule."
        return "\n".join([*_columns([("tool", "role", "risk", "who decides"), *cells]), "", last])


@says_what_it_takes
def policy_table(agent: AgentOf) -> PolicyTable:
    """Return every tool of an agent with who decides about it.

    What a chat or the other agent adds by its own `oversight=` is not known here, and only tightens it.

    Raises:
        ConfigError: it is no agent.
    """
    if not hasattr(agent, "own_tools"):
        raise ConfigError(f"policy_table({agent!r}): expected an agent, such as ConversableAgent('bot', tools=[...])")
    mine = as_policies(agent.policies)
    rows = [_row(agent, tool, role, mine) for tool, role in _tools(agent)]
    return PolicyTable(agent.name, tuple(sorted(rows, key=lambda row: row.tool)))


def _tools(agent: AgentOf) -> list[tuple[ToolOf, str]]:
    calls = [*agent.llm_tools, *agent.own_tools.values()]
    runs = list(agent.executes)
    found: dict[str, tuple[ToolOf, str]] = {}
    for each in (*calls, *runs):
        tool = cast(ToolOf, each)
        does = [
            word for word, tools in (("calls", calls), ("executes", runs)) if any(t.name == tool.name for t in tools)
        ]
        found.setdefault(tool.name, (tool, " and ".join(does)))
    return list(found.values())


def _row(agent: AgentOf, tool: ToolOf, role: str, policies: tuple[Policy, ...]) -> ToolPolicy:
    if tool.rules.asks:
        return ToolPolicy(tool.name, tool.rules.risk, role, None, None, asks=True)
    facts = Action("tool", agent.name if "calls" in role else "", tool.name, risk=tool.rules.risk)
    approval = [kept for p in as_policies(tool.rules.approval) if (kept := concerning(p, facts)) is not None]
    oversight = [kept for p in policies if (kept := concerning(p, facts)) is not None]
    return ToolPolicy(tool.name, tool.rules.risk, role, _all(approval), _all(oversight))


def _all(policies: list[Policy]) -> Policy | None:
    return together(All, tuple(policies)) if policies else None


# ---------------------------------------------------------------- what is about one tool


def concerning(policy: Policy, facts: Action) -> Policy | None:
    """Return what of a policy may count for the calls and failures of a tool; None: nothing of it."""
    match policy:
        case When():
            holds = _known(policy.condition, facts)
            inner = None if holds is False else concerning(policy.policy, facts)
            return inner if inner is None or holds else replace(policy, policy=inner)
        case At():
            return policy if policy.kind in ("tool", "error") else None
        case BelowGuard() | Failing() | Sample():
            inner = concerning(policy.policy, facts)
            return None if inner is None else replace(policy, policy=inner)
        case First() | All():
            kept = [inner for p in policy.policies if (inner := concerning(p, facts)) is not None]
            return together(type(policy), tuple(kept)) if kept else None
        case Oversight():
            return _routed(policy, facts)
        case _:
            return policy


def _routed(policy: Oversight, facts: Action) -> Policy | None:
    """Return what the router may choose for a tool: the rules that depend on the call, then what is known."""
    entries: list[Policy] = []
    for condition, risk in policy.rules:
        holds = _known(condition, facts)
        if holds:
            entries.append(policy.policies[risk])
            break
        if holds is None:
            entries.append(When(condition, policy.policies[risk]))
    else:
        entries.append(policy.declared(facts).policy)
    return concerning(First(tuple(entries)), facts)


def _known(condition: Predicate, facts: Action) -> bool | None:
    """Return whether a condition holds for every call of a tool, or for none; None: that depends on the call."""
    match condition:
        case Compare():
            return condition.holds(facts) if _fixed(condition.ref, facts) and _fixed(condition.value, facts) else None
        case Not():
            inner = _known(condition.inner, facts)
            return None if inner is None else not inner
        case Both():
            sides = (_known(condition.left, facts), _known(condition.right, facts))
            return False if False in sides else None if None in sides else True
        case Either():
            sides = (_known(condition.left, facts), _known(condition.right, facts))
            return True if True in sides else None if None in sides else False
        case _:
            return None


def _fixed(value: Any, facts: Action) -> bool:
    if not isinstance(value, Ref):
        return True
    root, path = parts(value)
    known = ("name", "risk", "agent") if facts.agent else ("name", "risk")
    return root == "its" and path[0] in known


# ---------------------------------------------------------------- the look


def _columns(rows: list[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines: list[str] = []
    for number, row in enumerate(rows):
        head = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        first, *rest = row[3].splitlines()
        lines += [f"{head}  {first}", *(f"{' ' * len(head)}  {line}" for line in rest)]
        if number == 0:
            lines.append("  ".join("-" * width for width in (*widths, len("who decides"))))
    return lines
