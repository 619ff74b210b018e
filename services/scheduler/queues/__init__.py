"""Work queues: items that executions take one at a time, each done once or said to be unknown."""
