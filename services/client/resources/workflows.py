"""Workflows: storing, judging and publishing graphs."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from services.client.calls import Calls
from services.client.models.workflows import ExpressionPreview, Imported, Validation, Version, Workflow
from services.client.resources.lookup import find_by_name, is_id

Graph = dict[str, Any]


class Workflows:
    """`hub.workflows`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, search: str = "", tag: str = "", most: int | None = None) -> AsyncIterator[Workflow]:
        """By name."""
        async for item in self._calls.each("/workflows", most, q=search, tag=tag):
            yield Workflow.model_validate(item)

    async def get(self, workflow_id: str) -> Workflow:
        """With the graph of its draft. Raises NotFound."""
        return Workflow.model_validate((await self._calls.get(f"/workflows/{workflow_id}"))["workflow"])

    async def find(self, name: str) -> Workflow:
        """By name, whatever its case, or by id. Raises NoneNamedError with names that look like it, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Workflow.model_validate(await find_by_name(self._calls, "workflow", "/workflows", name))

    async def create(
        self,
        name: str,
        *,
        graph: Graph | None = None,
        description: str = "",
        tags: Sequence[str] = (),
        key: str = "",
    ) -> Workflow:
        """A new workflow; with a graph it has version 1 as its draft. Raises Conflict when the name is taken."""
        given = {"description": description, "tags": list(tags), "graph": graph}
        body: dict[str, Any] = {"name": name, **{member: value for member, value in given.items() if value}}
        return Workflow.model_validate((await self._calls.create("/workflows", body, key=key))["workflow"])

    async def change(
        self,
        workflow_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Workflow:
        """What is None stays; tags are replaced as a whole."""
        given = {"name": name, "description": description, "tags": None if tags is None else list(tags)}
        body = {member: value for member, value in given.items() if value is not None}
        return Workflow.model_validate((await self._calls.patch(f"/workflows/{workflow_id}", body))["workflow"])

    async def delete(self, workflow_id: str) -> None:
        """Executions keep their history. Raises Conflict while some live."""
        await self._calls.delete(f"/workflows/{workflow_id}")

    async def save_draft(self, workflow_id: str, graph: Graph, *, note: str = "", etag: str = "") -> int:
        """The number of the version made, or of the latest when the graph is the same.

        With the `etag` that was read before, raises Changed when somebody else saved since.
        """
        body = {"graph": graph, "note": note}
        saved = await self._calls.put(f"/workflows/{workflow_id}/draft", body, if_match=etag)
        return int(saved["version"])

    async def versions(self, workflow_id: str, most: int | None = None) -> AsyncIterator[Version]:
        """Newest first, without graphs."""
        async for item in self._calls.each(f"/workflows/{workflow_id}/versions", most):
            yield Version.model_validate(item)

    async def version(self, workflow_id: str, version: int) -> Version:
        """One version with its graph."""
        found = await self._calls.get(f"/workflows/{workflow_id}/versions/{version}")
        return Version.model_validate(found["version"])

    async def diff(self, workflow_id: str, old: int, new: int) -> dict[str, Any]:
        """What changed from one version to another."""
        difference: dict[str, Any] = await self._calls.get(f"/workflows/{workflow_id}/diff", **{"from": old, "to": new})
        return difference

    async def publish(self, workflow_id: str, *, version: int | None = None, note: str = "") -> Workflow:
        """Makes a version (None: the latest draft) the one that executions run. Raises Invalid with its problems."""
        body = {"note": note, **({} if version is None else {"version": version})}
        return Workflow.model_validate((await self._calls.post(f"/workflows/{workflow_id}/publish", body))["workflow"])

    async def roll_back(self, workflow_id: str, version: int, *, note: str = "") -> Workflow:
        """The graph of an older version as a new one, published."""
        body = {"version": version, "note": note}
        return Workflow.model_validate((await self._calls.post(f"/workflows/{workflow_id}/rollback", body))["workflow"])

    async def validate(self, workflow_id: str, graph: Graph | None = None) -> Validation:
        """What is wrong with a graph, or with the latest draft when None."""
        body = {} if graph is None else {"graph": graph}
        return Validation.model_validate(await self._calls.post(f"/workflows/{workflow_id}/validate", body))

    async def duplicate(self, workflow_id: str, *, name: str = "", key: str = "") -> Workflow:
        """A copy; without a name it gets one."""
        body = {"name": name} if name else {}
        answer = await self._calls.create(f"/workflows/{workflow_id}/duplicate", body, key=key)
        return Workflow.model_validate(answer["workflow"])

    async def export(self, workflow_id: str, version: int | None = None) -> dict[str, Any]:
        """A document for another Hub: of the published version, else of the draft, when None."""
        document: dict[str, Any] = await self._calls.get(f"/workflows/{workflow_id}/export", version=version)
        return document

    async def import_document(self, document: dict[str, Any] | list[Any], *, name: str = "", key: str = "") -> Imported:
        """A new workflow from an export, of this product or of n8n or Node-RED. A taken name gets a number."""
        return Imported.model_validate(await self._calls.create("/workflows/import", document, key=key, name=name))

    async def preview_expression(self, expression: str, context: Mapping[str, Any] | None = None) -> ExpressionPreview:
        """What an expression comes to when it sees this: `inputs`, `vars`, `nodes`, `item`, … as it names them."""
        body = {"expression": expression, "context": dict(context or {})}
        return ExpressionPreview.model_validate(await self._calls.post("/expressions/preview", body))

    async def preview_template(self, template: str, context: Mapping[str, Any] | None = None) -> ExpressionPreview:
        """The same for a text with expressions in braces."""
        body = {"template": template, "context": dict(context or {})}
        return ExpressionPreview.model_validate(await self._calls.post("/expressions/preview", body))

    async def node_types(self) -> list[dict[str, Any]]:
        """Declarations of the node types, and the runners that have them."""
        return await self._calls.items("/node-types")
