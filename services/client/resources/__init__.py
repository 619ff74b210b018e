"""What can be done with each resource: its calls with typed arguments and answers."""
