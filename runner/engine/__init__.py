"""Runs one execution of a workflow: `plan` and `state` are pure, `executor` is the one part that acts.

Knows nothing of the Hub: what happens goes to a `Sink`.
"""
