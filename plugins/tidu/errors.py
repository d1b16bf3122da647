"""The tree of errors: each says what is wrong, where, and what to do about it."""

from __future__ import annotations

LONGEST_REASON = 1_000
"""Characters of a reason; it may quote what a department wrote, and that has no end."""


def _storable(reason: str) -> str:
    """Return a reason as the ledger can hold it, whatever it quotes: no NUL, no half of a character, not endless."""
    text = reason.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


class TiduError(Exception):
    """Base of every error tidu raises on purpose; its text is fit for an operator."""


class SettingsError(TiduError):
    """A setting is missing or contradicts another; the text names the variable."""


class ContractError(TiduError):
    """A contract file says something tidu cannot honour; the text names file and field."""


class SurvivorshipError(TiduError):
    """The rules of survivorship cannot be read; the text names file, place and fault."""


class IndicatorError(TiduError):
    """An indicator file says something tidu cannot honour; the text names file and fault."""


class ReleaseCalendarError(TiduError):
    """releases/calendar.yml says something tidu cannot honour; the text names file and fault."""


class ConnectorError(TiduError):
    """A department's system could not be read; nothing was landed, retry is safe."""


class DeliveryRejected(TiduError):
    """One delivery cannot be taken as a whole; other deliveries and datasets go on.

    The ledger records it in state `rejected` with this text.
    """

    def __init__(
        self, dataset: str, source: str, reason: str, contact: str, drift: dict[str, object] | None = None
    ) -> None:
        reason = _storable(reason)
        self.dataset, self.source, self.reason, self.contact = dataset, source, reason, contact
        self.drift = drift
        """How its columns depart from the contract, where that is why."""
        super().__init__(f"{dataset}: {source}: {reason}; ask {contact}")


class DecisionRefused(TiduError):
    """A decision about rows or deliveries cannot be taken as it is; nothing was changed, the text says why."""


class PolicyError(TiduError):
    """A file of policies/ says something tidu cannot honour; the text names file and fault."""


class LinkageGateClosed(TiduError):
    """A build's linkage is beyond its bounds; links and master stay as they were, the text says what moved."""


class StackError(TiduError):
    """A local service could not be started or stopped; the text says why and what to do."""


class ReleaseBlocked(TiduError):
    """A release breaks an identity or a rule of publication; nothing was published."""
