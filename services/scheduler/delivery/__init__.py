"""Events out: telling endpoints by signed HTTP what happened, in order and at least once."""
