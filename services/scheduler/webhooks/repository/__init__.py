"""SQL of webhooks: the triggers' details, and the inbox."""
