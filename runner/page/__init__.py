"""The runner's own page on 127.0.0.1: what it does, Stop, pause, the last executions, what is missing here.

`server` is its life, `door` lets in who owns this account (`opening` is the command for it), `guard` judges every
request, `routes` answers, `diagnostics` packs a zip. What is shown comes from the agent's `desk`; the page's own files
are in `assets`.
"""
