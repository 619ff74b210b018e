"""E-mail: rules by which people are told of events, alone or as a digest."""
