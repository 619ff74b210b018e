"""One Hub on one host: embedded Postgres and Valkey, the services, one runner, and their supervisor."""
