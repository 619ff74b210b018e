-- Global variables: named values of the installation that every workflow may read as globals.<name>.

CREATE TABLE global_variable (
    id           uuid PRIMARY KEY,
    name         text NOT NULL CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,63}$'),
    description  text NOT NULL DEFAULT '',
    value        bytea NOT NULL CHECK (length(value) BETWEEN 1 AND 65536),
    revision     integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    creator_kind text NOT NULL,
    creator_id   text NOT NULL,
    creator_name text NOT NULL
);
CREATE UNIQUE INDEX global_variable_name ON global_variable (lower(name));
COMMENT ON COLUMN global_variable.value IS 'JSON as it was given; no secret.';

ALTER TABLE continuation
    -- The global variables that the execution's graphs read.
    ADD COLUMN globals text[] NOT NULL DEFAULT '{}',
    -- JSON object: what the execution it was forked from read; goes before the values of now.
    ADD COLUMN recorded_globals bytea NOT NULL DEFAULT '{}',
    -- JSON object: the values since its first attempt began; null before.
    ADD COLUMN frozen_globals bytea;

GRANT SELECT, INSERT, UPDATE, DELETE ON global_variable TO exekra_automation;
