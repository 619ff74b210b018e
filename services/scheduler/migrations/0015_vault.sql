-- Credentials: sealed values, who may have them, and when each was last handed out.

CREATE TABLE credential (
    id                uuid PRIMARY KEY,
    -- Expressions call it so; it never changes.
    name              text NOT NULL CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,62}$'),
    description       text NOT NULL DEFAULT '',
    kind              text NOT NULL CHECK (kind IN ('LOGIN', 'TOKEN', 'KEY_VALUE', 'CERTIFICATE')),
    fields            text[] NOT NULL CHECK (cardinality(fields) > 0),
    -- The fields as a JSON object in an envelope, bound to id and version (services.kit.sealing).
    value             bytea NOT NULL,
    version           integer NOT NULL DEFAULT 1 CHECK (version > 0),
    value_changed_at  timestamptz NOT NULL DEFAULT now(),
    -- Empty: every workflow, any host.
    workflow_ids      uuid[] NOT NULL DEFAULT '{}',
    hosts             text[] NOT NULL DEFAULT '{}',
    revision          integer NOT NULL DEFAULT 1,
    last_used_at      timestamptz,
    last_execution_id uuid,
    creator_kind      text NOT NULL,
    creator_id        text NOT NULL,
    creator_name      text NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX credential_name ON credential (lower(name));

GRANT SELECT, INSERT, UPDATE, DELETE ON credential TO exekra_automation;
