"""Workflows: stored, numbered, validated, published. Owns graphs and node types; what runs is in `executions`."""
