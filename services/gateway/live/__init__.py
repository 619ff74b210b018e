"""Live changes: one shared watch upstream, many server-sent event streams downstream."""
