"""SQL of executions, by subject. Each module has its statements at the top, next to the mapping of their rows."""
