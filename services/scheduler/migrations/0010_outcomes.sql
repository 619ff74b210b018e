-- What ended executions of triggers came to, the breaker that pauses a trigger, and a fingerprint on every failure.
--
-- An execution without a trigger pays nothing here, one with a trigger that ends well two index probes. `trigger.breaker`
-- changes only under the lock of the trigger's row in `trigger_breaker`: fires are held and released under it too. Lock order:
-- trigger, then trigger_breaker, then whatever a kind keeps its held fires in.

ALTER TABLE execution ADD COLUMN fingerprint text;
COMMENT ON COLUMN execution.fingerprint IS 'Equal for failures that are alike: code, node and message without what varies.';
CREATE INDEX execution_failed ON execution (completed_at DESC, fingerprint) INCLUDE (workflow_id)
    WHERE fingerprint IS NOT NULL;

CREATE TABLE trigger_breaker (
    trigger_id          uuid PRIMARY KEY,
    enabled             boolean NOT NULL DEFAULT true,
    threshold           integer NOT NULL DEFAULT 5 CHECK (threshold BETWEEN 1 AND 100),
    probe_seconds       double precision NOT NULL DEFAULT 300 CHECK (probe_seconds > 0),
    probe_max_seconds   double precision NOT NULL DEFAULT 3600 CHECK (probe_max_seconds >= probe_seconds),
    release             text CHECK (release IN ('COALESCE', 'ALL')),
    release_max         integer NOT NULL DEFAULT 100 CHECK (release_max BETWEEN 1 AND 1000),
    breaker             text NOT NULL DEFAULT 'CLOSED' CHECK (breaker IN ('CLOSED', 'OPEN', 'PROBING')),
    streak              integer NOT NULL DEFAULT 0,
    fingerprint         text NOT NULL DEFAULT '',
    last_execution_id   uuid,
    opened_at           timestamptz,
    probe_at            timestamptz,
    probe_delay_seconds double precision NOT NULL DEFAULT 0,
    probe_execution_id  uuid,
    release_left        integer,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CHECK ((breaker = 'OPEN') = (probe_at IS NOT NULL)),
    CHECK ((breaker = 'CLOSED') = (opened_at IS NULL)),
    CHECK (breaker = 'PROBING' OR probe_execution_id IS NULL)
);
CREATE INDEX trigger_breaker_busy ON trigger_breaker (trigger_id) WHERE breaker <> 'CLOSED' OR release_left IS NOT NULL;
CREATE INDEX trigger_paused ON trigger (id) WHERE breaker <> 'CLOSED';
COMMENT ON TABLE trigger_breaker IS 'Settings and state of a trigger''s breaker; without a row: the defaults, and CLOSED.';

CREATE TABLE trigger_outcome (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    trigger_id   uuid NOT NULL,
    execution_id uuid NOT NULL,
    result       text NOT NULL CHECK (result IN ('OK', 'FAILED', 'NEUTRAL')),
    fingerprint  text NOT NULL DEFAULT ''
);
CREATE INDEX trigger_outcome_of ON trigger_outcome (trigger_id, id);
COMMENT ON TABLE trigger_outcome IS 'Outcomes a breaker has not counted yet, in the order in which they ended.';

-- The message without what varies from one execution to the next: ids, paths, numbers.
CREATE FUNCTION failure_pattern(p_message text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(lower(btrim(
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
            left(p_message, 2000),
            '(https?://[^/\s"''<>]+)[^\s"''<>]*', '\1', 'gi'),
            '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'gi'),
            '\m(?=[a-f]*[0-9])[0-9a-f]{8,}\M', '<id>', 'gi'),
            '[a-z]:\\[^\s"''<>|]*|\\\\[^\s"''<>|]+|(?<![:/\w.])~?(/[^\s/"''<>|:]+)+/?', '<path>', 'gi'),
            '\d+([.,:]\d+)*', '#', 'g'),
            '\s+', ' ', 'g'))), 300)
$$;

-- 16 hex digits over code, node and pattern. What is no readable failure counts by its code: this must never stand in
-- the way of an outcome.
CREATE FUNCTION failure_fingerprint(p_code text, p_failure bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_failure json;
BEGIN
    v_failure := convert_from(p_failure, 'UTF8')::json;
    RETURN left(encode(sha256(convert_to(concat_ws(E'\x1f', p_code, v_failure ->> 'nodeId',
        failure_pattern(v_failure ->> 'message')), 'UTF8')), 'hex'), 16);
EXCEPTION WHEN OTHERS THEN
    RETURN left(encode(sha256(convert_to(coalesce(p_code, ''), 'UTF8')), 'hex'), 16);
END
$$;

CREATE FUNCTION set_fingerprint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.fingerprint := CASE WHEN NEW.status = 'FAILED'
        THEN failure_fingerprint(coalesce(NEW.failure_code, ''), coalesce(NEW.failure, '{}')) END;
    RETURN NEW;
END
$$;
CREATE TRIGGER execution_fingerprint BEFORE UPDATE ON execution FOR EACH ROW
    WHEN (NEW.status IS DISTINCT FROM OLD.status AND (NEW.status = 'FAILED' OR OLD.fingerprint IS NOT NULL))
    EXECUTE FUNCTION set_fingerprint();

-- A failure counts when the workflow itself failed; never having run, being lost, or a person's word say nothing of it.
CREATE FUNCTION note_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_result text := CASE
        WHEN NEW.event IN ('FINISH_OK', 'LATE_OK', 'RESOLVE_COMPLETED') THEN 'OK'
        WHEN NEW.event IN ('FINISH_FAILED', 'FINISH_TIMEOUT', 'LATE_FAILED') THEN 'FAILED'
        ELSE 'NEUTRAL'
    END;
BEGIN
    IF v_result <> 'FAILED'
       AND NOT EXISTS (SELECT FROM trigger_breaker b
                        WHERE b.trigger_id = NEW.trigger_id AND (b.streak > 0 OR b.breaker <> 'CLOSED'))
       AND NOT EXISTS (SELECT FROM trigger_outcome o WHERE o.trigger_id = NEW.trigger_id) THEN
        RETURN NULL;
    END IF;
    INSERT INTO trigger_outcome (trigger_id, execution_id, result, fingerprint)
    VALUES (NEW.trigger_id, NEW.id, v_result, coalesce(NEW.fingerprint, ''));
    RETURN NULL;
END
$$;
CREATE TRIGGER execution_outcome AFTER UPDATE ON execution FOR EACH ROW
    WHEN (NEW.trigger_id IS NOT NULL AND NEW.completed_at IS NOT NULL AND NEW.status IS DISTINCT FROM OLD.status)
    EXECUTE FUNCTION note_outcome();

CREATE TABLE outcome_tally (
    begins_at timestamptz NOT NULL,
    status    text NOT NULL CHECK (status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST')),
    count     bigint NOT NULL,
    PRIMARY KEY (begins_at, status)
);
COMMENT ON TABLE outcome_tally IS 'How many executions came to each end in five minutes, counted from the history. A late
result of a LOST one counts when it comes, beside the loss.';

CREATE TABLE outcome_tally_position (
    singleton      boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    transaction_id xid8 NOT NULL DEFAULT '0',
    execution_id   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    seq            integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE outcome_tally_position IS 'The last step of the history that was counted.';
INSERT INTO outcome_tally_position DEFAULT VALUES;

GRANT SELECT, INSERT, UPDATE, DELETE ON trigger_breaker, trigger_outcome, outcome_tally TO exekra_automation;
GRANT SELECT, UPDATE ON outcome_tally_position TO exekra_automation;
