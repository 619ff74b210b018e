-- What was installed, sealed with the installation key, which lies in a file outside the database. The row of the
-- installation is locked by whoever changes which licence is in force.

CREATE TABLE licence (
    id                text PRIMARY KEY,
    -- The signed file. Bound to its id and the installation's.
    sealed            bytea NOT NULL,
    installed_at      timestamptz NOT NULL DEFAULT now(),
    installed_by_kind text NOT NULL,
    installed_by_id   text NOT NULL,
    installed_by_name text NOT NULL
);

CREATE TABLE installation (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Null: the community edition.
    licence_id text REFERENCES licence (id),
    -- The latest time the clock has shown, sealed: whoever sets the clock back cannot set this back.
    mark       bytea
);
INSERT INTO installation DEFAULT VALUES;

-- What people were told of a licence: each stage once.
CREATE TABLE announcement (
    licence_id text NOT NULL REFERENCES licence (id),
    stage      text NOT NULL,
    id         uuid NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    data       json NOT NULL,
    PRIMARY KEY (licence_id, stage)
);

CREATE TABLE outbox (
    id    uuid PRIMARY KEY,
    event bytea NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON licence TO exekra_license;
GRANT SELECT, UPDATE (licence_id, mark) ON installation TO exekra_license;
GRANT SELECT, INSERT ON announcement TO exekra_license;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO exekra_license;
