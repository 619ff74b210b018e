-- Workflows with their numbered versions, node types runners declared, and the two tables every writing service has:
-- the audit outbox and the kept answers of Idempotency-Keys.

CREATE TABLE outbox (
    id    uuid PRIMARY KEY,
    event bytea NOT NULL
);
COMMENT ON TABLE outbox IS 'Audit events on their way to the audit service; rows leave once it has committed them.';

CREATE TABLE idempotency_key (
    principal   text NOT NULL,
    key         text NOT NULL,
    body_sha256 text NOT NULL,
    response    bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

CREATE TABLE workflow (
    id                uuid PRIMARY KEY,
    name              text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description       text NOT NULL DEFAULT '',
    tags              text[] NOT NULL DEFAULT '{}',
    latest_version    integer NOT NULL DEFAULT 0 CHECK (latest_version >= 0),
    published_version integer,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    creator_kind      text NOT NULL,
    creator_id        text NOT NULL,
    creator_name      text NOT NULL,
    deleted_at        timestamptz,
    CHECK (published_version BETWEEN 1 AND latest_version)
);
CREATE UNIQUE INDEX workflow_name ON workflow (lower(name)) WHERE deleted_at IS NULL;

CREATE TABLE workflow_version (
    workflow_id      uuid NOT NULL REFERENCES workflow (id),
    version          integer NOT NULL CHECK (version > 0),
    graph            bytea NOT NULL,
    -- Of the bytes as they were given: runners fetch and check a graph by it.
    sha256           text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- Of the same document with sorted keys and no spaces: tells whether a save changed anything.
    canonical_sha256 text NOT NULL CHECK (canonical_sha256 ~ '^[0-9a-f]{64}$'),
    note             text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL DEFAULT now(),
    creator_kind     text NOT NULL,
    creator_id       text NOT NULL,
    creator_name     text NOT NULL,
    published_at     timestamptz,
    PRIMARY KEY (workflow_id, version)
);
CREATE INDEX workflow_version_sha256 ON workflow_version (sha256);
ALTER TABLE workflow ADD FOREIGN KEY (id, published_version) REFERENCES workflow_version (workflow_id, version);

CREATE TABLE node_type_set (
    sha256       text PRIMARY KEY,
    declarations bytea NOT NULL,
    declared_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE node_type_set IS 'Node types that runners of one make declare, as a JSON list; kept once for all of them.';

CREATE TABLE runner_node_types (
    runner_id   uuid PRIMARY KEY,
    sha256      text NOT NULL REFERENCES node_type_set (sha256),
    declared_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX runner_node_types_sha256 ON runner_node_types (sha256);

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, idempotency_key TO exekra_automation;
GRANT SELECT, INSERT, UPDATE ON workflow TO exekra_automation;
-- A version never changes; only when it was published is noted.
GRANT SELECT, INSERT, UPDATE (published_at, note) ON workflow_version TO exekra_automation;
GRANT SELECT, INSERT, UPDATE, DELETE ON node_type_set, runner_node_types TO exekra_automation;
