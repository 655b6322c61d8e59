"""Several models in order: the next one answers when one fails."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import AllModelsFailed, ConfigError, ModelError
from .base import (
    ModelClient,
    ModelNotice,
    ModelReply,
    ModelRequest,
    ModelSkipped,
    Notify,
    StreamVoided,
    TextDelta,
    gives_logprobs,
    ignore,
)


class Fallback:
    """Ask the clients in order until one answers; any `ModelError` (a refused key too) leads to the next.

    Each client repeats by itself what may be repeated, before its error gets here. What a failed
    client streamed is voided.

    Args:
        clients: the models, the preferred one first.
        round_robin: begin each request of a run one further, instead of always with the first.

    Raises:
        ConfigError: there is no client.
    """

    def __init__(self, clients: Sequence[ModelClient], *, round_robin: bool = False) -> None:
        if not clients:
            raise ConfigError("Fallback([]): expected at least one model")
        self._clients = tuple(clients)
        self._round_robin = round_robin

    @property
    def clients(self) -> Sequence[ModelClient]:
        """The models, in order."""
        return self._clients

    @property
    def label(self) -> str:
        """The name of the preferred model."""
        return self._clients[0].label

    @property
    def offline_note(self) -> str:
        """The notes of those that ask no language model."""
        return "; ".join(dict.fromkeys(note for client in self._clients if (note := client.offline_note)))

    @property
    def gives_logprobs(self) -> bool | None:
        """Whether replies can have log-probabilities: False where no model gives any."""
        given = [gives_logprobs(client) for client in self._clients]
        return False if all(g is False for g in given) else None

    def __repr__(self) -> str:
        return f"Fallback({', '.join(client.label for client in self._clients)})"

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request with the first client that can.

        Raises:
            ModelError: the error of the only client.
            AllModelsFailed: each client failed; it holds their errors in order.
        """
        if len(self._clients) == 1:
            return await self._clients[0].complete(request, notify)
        start = request.turn % len(self._clients) if self._round_robin else 0
        order = self._clients[start:] + self._clients[:start]
        draft = _Draft(notify) if request.stream or notify is not ignore else None
        tell = draft.tell if draft else notify
        errors: list[ModelError] = []
        for position, client in enumerate(order):
            try:
                return await client.complete(request, tell)
            except ModelError as error:
                errors.append(error)
            failed = errors[-1]
            if draft and draft.shown:
                tell(StreamVoided(f"{client.label} failed"))
            if position + 1 < len(order):
                tell(ModelSkipped(failed.model or client.label, failed.endpoint, failed))
        raise AllModelsFailed(errors)


class _Draft:
    """Pass notices on, and know whether text was shown that is not void yet."""

    __slots__ = ("_notify", "shown")

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self.shown = False

    def tell(self, notice: ModelNotice) -> None:
        if isinstance(notice, TextDelta):
            self.shown = True
        elif isinstance(notice, StreamVoided):
            self.shown = False
        self._notify(notice)
