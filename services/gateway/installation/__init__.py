"""What people set for the whole installation: its name and its time zone."""
