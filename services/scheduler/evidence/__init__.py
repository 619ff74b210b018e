"""What executions leave behind: node runs, log lines, artifacts, and the stream of live changes."""
