"""The runner's agent: it holds the session with the Hub, journals, starts executions and reports them.

Attempts flow through the modules in this order: `session` (offers arrive) → `conduct` (accept, begin, finish) →
`journal` (nothing is done or said before it is written) → `inline` or `child` (the graph runs) → `reporter`,
`artifacts` (what happened goes to the Hub).
"""

import os

# Numerical libraries behind some nodes would start a thread for each core when they are imported. A process with
# threads cannot be forked safely, and executions are forked.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
