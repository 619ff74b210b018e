"""Turns what a person does in a real browser into a workflow: `exekra-runner record URL`.

`capture.js` tells what happens in a page, `session.py` owns the browser, `folding.py` makes steps of what was told and
`workflow.py` a graph of the steps. What an element is known by is `runner.selectors`' business.
"""
