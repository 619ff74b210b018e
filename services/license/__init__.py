"""The license service: what the installation is entitled to, and the seats in use."""
