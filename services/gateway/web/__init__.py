"""HTTP itself: what every request passes through before and after its route."""
