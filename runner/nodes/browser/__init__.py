"""Nodes that act in a browser: one Chromium for each execution, from browser.open to browser.close or the end.

`base` is how a node comes to the browser, `session` the browser itself, `failures` what is kept when a node fails.
Elements are named by `runner.selectors`.
"""

from runner.nodes.browser import (
    acting,
    extracting,
    navigation,
    opening,
    picturing,
    places,
    printing,
    scripts,
    transfers,
    waiting,
)

NODES = (
    *opening.NODES,
    *navigation.NODES,
    *acting.NODES,
    *waiting.NODES,
    *extracting.NODES,
    *places.NODES,
    *transfers.NODES,
    *picturing.NODES,
    *printing.NODES,
    *scripts.NODES,
)
