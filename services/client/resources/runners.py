"""Runners: registering, pairing, draining them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.client.calls import Calls
from services.client.models.runners import PairingToken, Runner, RunnerSecret
from services.client.resources.lookup import find_by_name, is_id


class Runners:
    """`hub.runners`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, state: str = "", label: str = "", most: int | None = None) -> AsyncIterator[Runner]:
        """By name; `state` is ONLINE, BUSY or OFFLINE."""
        async for item in self._calls.each("/runners", most, state=state, label=label):
            yield Runner.model_validate(item)

    async def get(self, runner_id: str) -> Runner:
        """Raises NotFound."""
        return Runner.model_validate((await self._calls.get(f"/runners/{runner_id}"))["runner"])

    async def find(self, name: str) -> Runner:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Runner.model_validate(await find_by_name(self._calls, "runner", "/runners", name))

    async def register(self, name: str, *, labels: Sequence[str] = (), slots: int = 1, key: str = "") -> RunnerSecret:
        """A new runner; its secret is answered this once. Raises LicenceRefused when there are enough."""
        body = {"name": name, "labels": list(labels), "slots": slots}
        return RunnerSecret.model_validate(await self._calls.create("/runners", body, key=key))

    async def change(self, runner_id: str, **members: Any) -> Runner:
        """Members as the API names them: name, description, labels, slots, disabled, ownerId."""
        return Runner.model_validate((await self._calls.patch(f"/runners/{runner_id}", members))["runner"])

    async def delete(self, runner_id: str) -> None:
        """It cannot connect any longer."""
        await self._calls.delete(f"/runners/{runner_id}")

    async def rotate_secret(self, runner_id: str) -> RunnerSecret:
        """A new secret; the old one is dead at once."""
        return RunnerSecret.model_validate(await self._calls.post(f"/runners/{runner_id}/rotate-secret"))

    async def drain(self, runner_id: str) -> Runner:
        """It gets no new work; what runs goes on."""
        return Runner.model_validate((await self._calls.post(f"/runners/{runner_id}/drain"))["runner"])

    async def resume(self, runner_id: str) -> Runner:
        """It gets work again."""
        return Runner.model_validate((await self._calls.post(f"/runners/{runner_id}/resume"))["runner"])

    async def pairing_token(self, runner_id: str) -> PairingToken:
        """A token that pairs a machine once."""
        return PairingToken.model_validate(await self._calls.post("/runners/pairing-tokens", {"runnerId": runner_id}))
