"""Node types, one family a file. `registry` lists them; `base` says what a node type is."""
