"""One process for each execution, so that stop means stop, a crash is contained, and CPU and memory are its own.

`pool` (in the agent) keeps ready processes, made by `forkserver` on Linux or spawned elsewhere; `main` is what such a
process does; `pipe` is what they say to each other; `tree` ends everything an execution started.
"""
