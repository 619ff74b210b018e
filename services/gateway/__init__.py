"""The gateway: the only service a browser or an integrator sees. Identity, REST, live events and pages."""
