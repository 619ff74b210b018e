"""The scheduler's periodic work: the net behind every bell, timers, retention. Any number of processes may run it."""
