"""The scheduler: workflows, executions and their evidence. One package, three processes (RPC, loops, worker)."""
