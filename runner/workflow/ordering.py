"""Order in a level: which nodes cannot be ordered, because they stand in or behind a cycle."""

from collections.abc import Sequence


def cyclic_nodes(incoming: Sequence[int], targets: Sequence[Sequence[int]]) -> list[int]:
    """Indexes of the nodes in or behind a cycle; empty when the level is acyclic.

    `incoming` counts the edges into each node, `targets` lists where the edges out of each node lead.
    """
    order = topological_order(incoming, targets)
    if len(order) == len(incoming):
        return []
    ordered = set(order)
    return [index for index in range(len(incoming)) if index not in ordered]


def topological_order(incoming: Sequence[int], targets: Sequence[Sequence[int]]) -> list[int]:
    """Indexes of nodes, each after all that lead to it; nodes in or behind a cycle are left out."""
    waiting = list(incoming)
    order = [index for index, count in enumerate(waiting) if count == 0]
    for index in order:
        for target in targets[index]:
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)
    return order
