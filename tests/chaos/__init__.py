"""What must hold when parts are killed in the middle of work."""
