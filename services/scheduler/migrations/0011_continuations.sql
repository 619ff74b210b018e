-- Executions that do not begin at their beginning: forks, resumed waits, called workflows, debugging. And approvals.

ALTER TABLE node_run DROP CONSTRAINT node_run_status_check;
ALTER TABLE node_run ADD CONSTRAINT node_run_status_check CHECK (status IN
    ('RUNNING', 'RETRIED', 'COMPLETED', 'FAILED', 'SKIPPED', 'STOPPED', 'PAUSED', 'REUSED', 'WAITING'));
ALTER TABLE node_run ADD COLUMN port text NOT NULL DEFAULT '', ADD COLUMN variables bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN node_run.variables IS 'What the run wrote, as JSON: an object, or true when its output says it.';

CREATE TABLE continuation (
    execution_id      uuid PRIMARY KEY,
    -- Whose node runs are taken as recorded; null: none are.
    source_attempt_id uuid,
    -- The nodes of the top level that are taken as done; null: all that attempt decided.
    nodes             text[],
    -- JSON list of objects, each laid over those before it: the values of the variables at the beginning.
    variables         bytea NOT NULL DEFAULT '[]',
    -- JSON object: what a person changed in a fork, told again to a fork of the fork.
    edits             bytea NOT NULL DEFAULT '{}',
    -- JSON list of {nodeId, kind, until, request}.
    waits             bytea NOT NULL DEFAULT '[]',
    -- JSON list of {workflowId, version, resolvedVersion, sha256}.
    calls             bytea NOT NULL DEFAULT '[]',
    -- JSON object {breakpoints, runTo, paused}; null: nobody debugs it.
    debug             bytea
);
COMMENT ON TABLE continuation IS 'What an execution needs beside its graph and inputs; most have no row.';

CREATE TABLE approval (
    id              uuid PRIMARY KEY,
    execution_id    uuid NOT NULL,
    node_id         text NOT NULL,
    attempt_id      uuid NOT NULL,
    title           text NOT NULL,
    message         text NOT NULL DEFAULT '',
    data            bytea NOT NULL DEFAULT 'null',
    -- Names, addresses or ids of who may decide; empty: everybody with the permission.
    deciders        text[] NOT NULL DEFAULT '{}',
    four_eyes       boolean NOT NULL DEFAULT false,
    on_timeout      text NOT NULL CHECK (on_timeout IN ('APPROVED', 'REJECTED')),
    requested_at    timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    decision        text CHECK (decision IN ('APPROVED', 'REJECTED')),
    decided_at      timestamptz,
    timed_out       boolean NOT NULL DEFAULT false,
    decided_by_kind text,
    decided_by_id   text,
    decided_by_name text,
    comment         text NOT NULL DEFAULT '',
    UNIQUE (execution_id, node_id),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
);
COMMENT ON TABLE approval IS 'A question of an execution to a person; a node of the top level asks once.';
CREATE INDEX approval_newest ON approval (requested_at DESC, id DESC);
CREATE INDEX approval_open ON approval (expires_at) WHERE decision IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON continuation, approval TO exekra_automation;
