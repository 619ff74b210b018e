"""Publishes a workflow, launches it once and follows it to its end, as an integrator does."""

from typing import Any

from scripts.demo.client import HubClient
from scripts.demo.report import Evidence
from services.launcher.console import Console


async def run_workflow(
    client: HubClient, name: str, graph: dict[str, Any], inputs: dict[str, Any], seconds: float, console: Console
) -> Evidence:
    """What is known of the execution once it has ended, or after so many seconds. Raises CallRefusedError."""
    workflow_id, version = await client.publish(name, graph)
    console.progress(f"workflow {name!r} published as version {version}")
    answer = await client.call("POST", "/executions", {"workflowId": workflow_id, "inputs": inputs})
    path = f"/executions/{answer['execution']['id']}"
    execution = await client.follow(path, seconds, lambda status: console.progress(f"execution {status}"))
    return Evidence(execution, await client.items(f"{path}/nodes"), await client.items(f"{path}/logs"))
