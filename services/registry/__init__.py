"""The runner-registry: who the runners are, the streams they hold, and their calls on the way to the scheduler."""
