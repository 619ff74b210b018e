"""The form challenge as a web site: serves the page and its workbook, and judges what was entered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from scripts.demo.browser.people import people, people_workbook

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Challenge:
    """What was entered in each round, and the time the page measured, of the game that was begun last."""

    game: str = ""
    entered: dict[int, Mapping[str, str]] = field(default_factory=dict)
    milliseconds: int | None = None
    came: list[tuple[str, int]] = field(default_factory=list)
    """Game and round of everything that ever came: also what came twice."""

    def judge(self) -> tuple[int, int]:
        """How many fields hold what the workbook says, and how many there are; a round that never came has none."""
        verdicts = [
            self.entered.get(number, {}).get(name) == str(value)
            for number, person in enumerate(people(), start=1)
            for name, value in person.items()
        ]
        return sum(verdicts), len(verdicts)

    def routes(self) -> list[web.RouteDef]:
        """All of the site but its page."""
        return [
            web.get("/challenge/people.xlsx", self._workbook),
            web.post("/challenge/rounds", self._enter),
            web.post("/challenge/result", self._finish),
        ]

    async def _workbook(self, _: web.Request) -> web.Response:
        return web.Response(body=people_workbook(), content_type=XLSX)

    async def _enter(self, request: web.Request) -> web.Response:
        document = await request.json()
        # Rounds are sent without waiting for each other: the first to arrive need not be round 1.
        if document["game"] != self.game:
            self.game, self.milliseconds = document["game"], None
            self.entered.clear()
        number = int(document["round"])
        self.came.append((self.game, number))
        self.entered[number] = document["values"]
        return web.json_response({"round": number})

    async def _finish(self, request: web.Request) -> web.Response:
        self.milliseconds = int((await request.json())["milliseconds"])
        right, fields = self.judge()
        return web.json_response({"right": right, "fields": fields})
