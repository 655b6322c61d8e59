"""A run that is kept in a journal, judged again by another policy: no model is asked, and no person."""

from __future__ import annotations

from typing import Any

from .backtesting import Backtest, backtest


def replay(journal: Any, run_id: str, policy: Any) -> Backtest:
    """Judge every action of a run by a policy, and compare with what was decided then.

    Args:
        journal: where it is kept: a path, a URL, or a journal.
        run_id: which run; of runs inside it, too.
        policy: a policy, a plain function of the action, or a list of them; as for ``oversight=``.

    Raises:
        JournalError: there is no such run.
        ConfigError: the policy is none.
    """
    from ..journal import Inbox
    from ..journal.opening import opened

    with opened(journal, create=False) as where:
        return backtest(policy, Inbox(where).conversation(run_id))
