"""What an execution said about a work item, kept in the journal until the Hub has heard it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the handling of an item ended. `outcome` is SUCCESSFUL, SYSTEM_FAILED or BUSINESS_FAILED, `output` JSON.

    `id` is made of the node run that said it: said again, it is the same settlement.
    """

    id: str
    item_id: str
    item_attempt: int
    outcome: str
    output: str = "null"
    code: str = ""
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Settlement":
        """The settlement that `as_json` wrote."""
        return cls(**document)
