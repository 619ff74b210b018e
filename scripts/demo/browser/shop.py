"""The robot order shop as a web site: serves the page and the list of orders, and counts what was ordered."""

import csv
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

COUNT: Final = 20
PARTS: Final = 6
JAM_CHANCE: Final = 0.3
COLUMNS: Final = ("Order number", "Head", "Body", "Legs", "Address")
_STREETS: Final = ("Cog Alley", "Piston Road", "Rivet Square", "Lathe Street", "Anvil Court")


def orders() -> list[dict[str, Any]]:
    """The orders of the list, by its columns; always the same ones."""
    chance = random.Random(20)  # noqa: S311 - made up, not secret
    return [
        {
            "Order number": number,
            **{part: chance.randint(1, PARTS) for part in ("Head", "Body", "Legs")},
            "Address": f"{number} {chance.choice(_STREETS)}, Unit {chance.randint(1, 99)}",
        }
        for number in range(1, COUNT + 1)
    ]


def orders_csv() -> str:
    """The list as it is downloaded."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(orders())
    return file.getvalue()


@dataclass
class Shop:
    """Takes orders with a press that jams at random: then nothing is ordered, and the buyer is told so."""

    seed: int = 0
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    """Orders in the words of the list's columns, with the receipt's number as `Receipt`."""
    refused: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - see above

    def routes(self) -> list[web.RouteDef]:
        """All of the site but its page."""
        return [web.get("/shop/orders.csv", self._list), web.post("/shop/orders", self._order)]

    async def _list(self, _: web.Request) -> web.Response:
        return web.Response(text=orders_csv(), content_type="text/csv")

    async def _order(self, request: web.Request) -> web.Response:
        order = await request.json()
        if self._chance.random() < JAM_CHANCE:
            self.refused += 1
            return web.json_response({"reason": "The press is jammed: nothing was ordered."}, status=503)
        number = f"RB-{len(self.taken) + 1:04}"
        self.taken.append(
            {
                "Receipt": number,
                "Head": order["head"],
                "Body": order["body"],
                "Legs": order["legs"],
                "Address": order["address"],
            }
        )
        return web.json_response({"number": number}, status=201)
