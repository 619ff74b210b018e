-- What attempts leave behind: node runs, log lines in compressed blocks by day, artifacts.

CREATE TABLE attempt_evidence (
    attempt_id     uuid PRIMARY KEY,
    execution_id   uuid NOT NULL,
    -- Highest sequence numbers held without a hole.
    node_seq       bigint NOT NULL DEFAULT 0,
    log_seq        bigint NOT NULL DEFAULT 0,
    -- Blocks from tail_seq on, tail_blocks of them, are not full yet: they are merged when they become many.
    tail_seq       bigint NOT NULL DEFAULT 1,
    tail_blocks    integer NOT NULL DEFAULT 0,
    -- Of the last change: readers of the live stream stop below their snapshot's xmin.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
) WITH (fillfactor = 50);
CREATE INDEX attempt_evidence_execution ON attempt_evidence (execution_id);
COMMENT ON TABLE attempt_evidence IS 'How much of each attempt was reported; its row is locked while a report is stored.';

CREATE TABLE node_run (
    attempt_id       uuid NOT NULL,
    seq              bigint NOT NULL CHECK (seq > 0),
    event_seq        bigint NOT NULL,
    node_id          text NOT NULL,
    node_type        text NOT NULL,
    path             bytea NOT NULL,
    try_number       integer NOT NULL,
    status           text NOT NULL CHECK (status IN
        ('RUNNING', 'RETRIED', 'COMPLETED', 'FAILED', 'SKIPPED', 'STOPPED')),
    started_at       timestamptz,
    completed_at     timestamptz,
    duration_seconds double precision NOT NULL,
    input            bytea NOT NULL,
    output           bytea NOT NULL,
    failure          bytea NOT NULL,
    PRIMARY KEY (attempt_id, seq)
) WITH (fillfactor = 90);
COMMENT ON COLUMN node_run.event_seq IS 'The last event applied: what the live stream compares.';

CREATE TABLE log_block (
    day        date NOT NULL,
    attempt_id uuid NOT NULL,
    first_seq  bigint NOT NULL,
    last_seq   bigint NOT NULL CHECK (last_seq >= first_seq),
    -- Bit n is set when a line of level n is inside.
    levels     smallint NOT NULL,
    lines      bytea NOT NULL,
    PRIMARY KEY (attempt_id, first_seq, day)
) PARTITION BY RANGE (day);
CREATE TABLE log_block_other PARTITION OF log_block DEFAULT;
ALTER TABLE log_block ALTER COLUMN lines SET STORAGE EXTERNAL;
COMMENT ON COLUMN log_block.lines IS 'At most 500 lines, a zlib-compressed JSON list of [seq, microseconds, level, node, message].';

CREATE FUNCTION utc_today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

CREATE FUNCTION ensure_log_days(p_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = automation, pg_temp AS $$
DECLARE
    v_day  date;
    v_made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('exekra log days'));
    FOR v_day IN SELECT utc_today() + n FROM generate_series(0, least(p_days, 60)) AS n LOOP
        CONTINUE WHEN to_regclass(format('log_block_%s', to_char(v_day, 'YYYYMMDD'))) IS NOT NULL;
        -- A day that went into the default partition stays there.
        CONTINUE WHEN EXISTS (SELECT FROM log_block_other WHERE day = v_day);
        EXECUTE format('CREATE TABLE %I PARTITION OF log_block FOR VALUES FROM (%L) TO (%L)',
                       'log_block_' || to_char(v_day, 'YYYYMMDD'), v_day, v_day + 1);
        v_made := v_made + 1;
    END LOOP;
    RETURN v_made;
END
$$;
COMMENT ON FUNCTION ensure_log_days IS 'Makes the partitions of today and the days ahead that are missing.';

CREATE FUNCTION drop_log_days(p_before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = automation, pg_temp AS $$
DECLARE
    v_name    text;
    v_dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('exekra log days'));
    FOR v_name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'log_block'::regclass AND c.relname ~ '^log_block_\d{8}$'
           AND to_date(right(c.relname, 8), 'YYYYMMDD') < least(p_before, utc_today())
    LOOP
        EXECUTE format('DROP TABLE %I', v_name);
        v_dropped := v_dropped + 1;
    END LOOP;
    DELETE FROM log_block_other WHERE day < least(p_before, utc_today());
    RETURN v_dropped;
END
$$;
COMMENT ON FUNCTION drop_log_days IS 'Removes the log lines of days before the given one, never those of today.';

SELECT ensure_log_days(7);

CREATE TABLE artifact (
    id           uuid PRIMARY KEY,
    execution_id uuid NOT NULL,
    attempt_id   uuid NOT NULL,
    runner_id    uuid NOT NULL,
    node_id      text NOT NULL,
    name         text NOT NULL,
    media_type   text NOT NULL,
    size         bigint NOT NULL CHECK (size >= 0),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    stored_at    timestamptz
);
CREATE INDEX artifact_execution ON artifact (execution_id, created_at, id);
CREATE INDEX artifact_sha256 ON artifact (sha256);
CREATE INDEX artifact_unfinished ON artifact (created_at) WHERE stored_at IS NULL;
COMMENT ON COLUMN artifact.stored_at IS 'Null until all its bytes have come and their hash was right.';

REVOKE ALL ON FUNCTION ensure_log_days(integer), drop_log_days(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_log_days(integer), drop_log_days(date) TO exekra_automation;
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt_evidence, node_run, log_block, artifact TO exekra_automation;
