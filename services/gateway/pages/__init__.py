"""Pages for people: the start page and the API documentation, from the gateway's own assets."""
