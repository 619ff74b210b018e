-- Runners' identity and presence. What runners execute is the scheduler's.

CREATE TABLE runner (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name <> ''),
    description    text NOT NULL DEFAULT '',
    labels         text[] NOT NULL DEFAULT '{}',
    slots          integer NOT NULL DEFAULT 1 CHECK (slots BETWEEN 1 AND 64),
    enabled        boolean NOT NULL DEFAULT true,
    draining       boolean NOT NULL DEFAULT false,
    owner_id       text NOT NULL DEFAULT '',
    machine_key    text NOT NULL UNIQUE,
    secret_sha256  bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
    -- Grows with every new secret: sessions opened with an older one end.
    secret_version integer NOT NULL DEFAULT 1,
    cloned_at      timestamptz,
    -- The scheduler was told of revision told_revision; a loop tells it the rest.
    revision       bigint NOT NULL DEFAULT 1,
    told_revision  bigint NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz
);
CREATE UNIQUE INDEX runner_name ON runner (lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX runner_listed ON runner (lower(name), id) WHERE deleted_at IS NULL;
CREATE INDEX runner_untold ON runner (id) WHERE told_revision < revision;

CREATE TABLE presence (
    runner_id       uuid PRIMARY KEY REFERENCES runner (id),
    -- Empty until the runner has connected: authenticating alone is not connecting.
    last_seen_at    timestamptz,
    connected_at    timestamptz,
    -- When the runner said goodbye; a stream that only broke leaves it empty.
    disconnected_at timestamptz,
    version         text NOT NULL DEFAULT '',
    platform        text NOT NULL DEFAULT '',
    hostname        text NOT NULL DEFAULT '',
    capabilities    text[] NOT NULL DEFAULT '{}',
    metrics_at      timestamptz,
    cpu_percent     double precision,
    memory_percent  double precision,
    memory_used     bigint,
    memory_total    bigint,
    disk_free       bigint,
    disk_total      bigint
) WITH (fillfactor = 70);

CREATE TABLE runner_metrics (
    runner_id      uuid NOT NULL,
    minute         timestamptz NOT NULL,
    cpu_percent    double precision NOT NULL,
    memory_percent double precision NOT NULL,
    memory_used    bigint NOT NULL,
    memory_total   bigint NOT NULL,
    disk_free      bigint NOT NULL,
    disk_total     bigint NOT NULL,
    PRIMARY KEY (runner_id, minute)
);
CREATE INDEX runner_metrics_age ON runner_metrics USING brin (minute);

CREATE TABLE pairing_token (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    runner_id    uuid NOT NULL REFERENCES runner (id),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX pairing_token_age ON pairing_token (expires_at);

-- Licence seats to give back: written before a seat is taken and removed by the runner's creation, so that a crash between
-- the two leaks none; written again by its deletion.
CREATE TABLE seat_release (
    runner_id uuid PRIMARY KEY,
    due_at    timestamptz NOT NULL
);

CREATE TABLE outbox (
    id    uuid PRIMARY KEY,
    event bytea NOT NULL
);

CREATE TABLE idempotency_key (
    principal   text NOT NULL,
    key         text NOT NULL,
    body_sha256 text NOT NULL,
    response    bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);

GRANT USAGE ON SCHEMA registry TO exekra_registry;
GRANT SELECT, INSERT, UPDATE, DELETE ON runner, presence, runner_metrics, pairing_token, seat_release, outbox, idempotency_key
    TO exekra_registry;
