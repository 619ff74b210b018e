"""The runner's agent: it holds the session with the Hub, journals, starts executions and reports them.

Attempts flow through the modules in this order: `session` (offers arrive) → `conduct` (accept, begin, finish) →
`journal` (nothing is done or said before it is written) → `inline` or `child` (the graph runs) → `reporter`,
`artifacts` (what happened goes to the Hub).
"""
