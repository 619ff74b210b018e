"""All services as processes, with a real runner: what a user of the product does."""
