"""The Runner: an agent that holds a session with the Hub and runs workflow graphs node by node."""
