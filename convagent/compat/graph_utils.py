"""Mirror of `autogen.graph_utils`."""

from __future__ import annotations

from ..patterns.transitions import check_transitions as check_graph_validity
from ..patterns.transitions import has_self_loops as has_self_loops
from ..patterns.transitions import inverted as invert_disallowed_to_allowed
from .absent import no_more

__all__ = ["check_graph_validity", "has_self_loops", "invert_disallowed_to_allowed"]

__getattr__ = no_more(__name__)
