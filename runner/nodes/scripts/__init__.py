"""Nodes that run Python and shell scripts, each in a process group of its own, where the runner's owner allows it."""

from runner.nodes.scripts import python_script, shell_script

NODES = (*python_script.NODES, *shell_script.NODES)
