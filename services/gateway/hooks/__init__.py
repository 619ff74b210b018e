"""`/hooks/{token}`: the door for webhooks of other systems. No session, no API key: a trigger judges its senders."""
