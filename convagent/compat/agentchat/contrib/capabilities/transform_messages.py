"""Mirror of `autogen.agentchat.contrib.capabilities.transform_messages`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .....iostream import IOStream
from ....absent import no_more
from .transforms import MessageTransform as MessageTransform

if TYPE_CHECKING:
    from .....agents.conversable import ConversableAgent

__all__ = ["MessageTransform", "TransformMessages"]


class TransformMessages:
    """Rewrites what an agent's reply is made from, transform by transform; the stored history stays as it is.

    Every transform reads all messages at each reply. `ConversableAgent(context=LastMessages(20))` does not.
    """

    def __init__(self, *, transforms: Sequence[MessageTransform] = (), verbose: bool = True) -> None:
        """Make the capability.

        Args:
            transforms: objects with `apply_transform(messages)` and `get_logs(before, after)`, in order.
            verbose: whether what each of them did is printed.
        """
        self._transforms, self._verbose = transforms, verbose

    def add_to_agent(self, agent: ConversableAgent) -> None:
        """Let an agent's replies be made from what the transforms leave."""
        agent.register_hook("process_all_messages_before_reply", self._transform_messages)

    def _transform_messages(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        after = copy.deepcopy(messages)
        head = [after.pop(0)] if after and after[0].get("role") == "system" else []
        for transform in self._transforms:
            before = copy.deepcopy(after) if self._verbose else after
            after = transform.apply_transform(before)
            if self._verbose:
                text, changed = transform.get_logs(before, after)
                if changed:
                    IOStream.get_default().print(text)
        return [*head, *after]


__getattr__ = no_more(__name__)
