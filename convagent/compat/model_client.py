"""The protocol of model clients in the classic's shape, for `register_model_client`."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class ModelClient(Protocol):
    """What a class must have that `register_model_client` takes; `convagent.ModelClient` is our own, shorter one."""

    def create(self, params: dict[str, Any]) -> Any:
        """Return a response: `choices[0].message`, and `model`."""
        ...

    def message_retrieval(self, response: Any) -> Any:
        """Return the messages of a response, as texts or objects."""
        ...

    def cost(self, response: Any) -> float:
        """Return what a response cost, in US dollars."""
        ...

    @staticmethod
    def get_usage(response: Any) -> dict[str, Any]:
        """Return `prompt_tokens`, `completion_tokens`, `total_tokens`, `cost` and `model`."""
        ...
