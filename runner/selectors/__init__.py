"""Which element of a page is meant: candidates from the most lasting to the most fleeting, and how they are tried.

`model` is what stands in a config, `ranking` (pure) makes candidates of an element's `description`, `describe.js` reads
that description in the page, `locating` and `finding` ask a page which candidates match. Nodes act on what is found.
"""
