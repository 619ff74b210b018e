"""`make screenshots`: every page of the browser UI, both sizes and both themes, of a real Hub after a day of work."""
