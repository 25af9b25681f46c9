"""A language model behind an endpoint as the shared stages want a model: a network without weights."""

import logging
from collections.abc import Sequence
from functools import cached_property

from torch import nn

from modules.transfer.causal_lm.openai import OpenAICompatible
from modules.transfer.passage import Extraction, Passage

log = logging.getLogger(__name__)
LANGUAGE_MODELS = {
    "mistral": "mistralai/Mistral-7B-Instruct-v0.3",
    "openchat": "openchat/openchat-3.5-0106",
    "solar": "upstage/SOLAR-10.7B-Instruct-v1.0",
}
"""The three of the seed's corpus, by the names that servers call them; `model` names others."""


class Endpoint(nn.Module):
    """A member that asks an OpenAI-compatible server, to which it connects when it is first asked.

    Args:
        name: of the member, one of `LANGUAGE_MODELS`.
        url: of the server, up to and with `/v1`.
        model: as the server calls it; empty: the member's own.
        timeout: seconds to wait for an answer.
        retries: of a request, after its first try.
        at_once: requests that are under way together.
    """

    def __init__(
        self,
        *,
        name: str,
        url: str,
        model: str = "",
        timeout: float = 60.0,
        retries: int = 4,
        at_once: int = 8,
    ) -> None:
        super().__init__()
        self.name = name
        self.hyperparameters: dict[str, float | int | str] = {
            "name": name,
            "url": url,
            "model": model or LANGUAGE_MODELS[name],
            "timeout": timeout,
            "retries": retries,
            "at_once": at_once,
        }

    @cached_property
    def client(self) -> OpenAICompatible:
        """The connection."""
        return OpenAICompatible(**self.hyperparameters)  # type: ignore[arg-type]

    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        """One extraction a passage, in their order; answers that are none are logged by their reason."""
        self.client.invalid.clear()
        found = self.client.extract(passages)
        if self.client.invalid:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.client.invalid.items()))
            log.warning("%s: %d passages, no valid answer to some: %s", self.name, len(passages), reasons)
        return found

    def __getstate__(self) -> dict[str, object]:
        """Everything but the connection, which another process opens by itself."""
        return {key: value for key, value in self.__dict__.items() if key != "client"}
