"""Who people and programs are: users, roles, sessions, API keys. Knows nothing of HTTP."""
