"""Nodes before the screen of the runner's machine. Their drivers are `runner.desktop`'s."""

from runner.nodes.desktop import apps, keyboard, looking, pointer, reading

NODES = (*apps.NODES, *pointer.NODES, *keyboard.NODES, *reading.NODES, *looking.NODES)
