-- Events out: what happened (outgoing_event), who is told by HTTP (event_endpoint, event_delivery) and by e-mail
-- (notification_rule, mail). An event is written in the transaction of its cause; one fan-out at a time then makes a
-- delivery for each endpoint and an item for each rule that wants it.
-- Lock order: delivery, then endpoint. A lane is what one endpoint gets of one order key.

CREATE TABLE event_interest (
    pattern text PRIMARY KEY
);
COMMENT ON TABLE event_interest IS 'LIKE patterns of the types somebody wants; derived by trigger. No row: nothing is written at all.';

CREATE TABLE outgoing_event (
    seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            uuid NOT NULL DEFAULT new_id() UNIQUE,
    type          text NOT NULL CHECK (type ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'),
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    subject_kind  text NOT NULL,
    subject_id    text NOT NULL DEFAULT '',
    -- Events of one key reach an endpoint in the order of seq.
    order_key     text NOT NULL,
    -- What filters look at; null where the event has no such thing, and the filter then lets it pass.
    workflow_id   uuid,
    labels        text[],
    -- Set for an event meant for one endpoint alone (a test).
    endpoint_id   uuid,
    -- Of an execution: the columns that change, as they were then. Its documents are read when the event is sent.
    data          json NOT NULL,
    fanned_out_at timestamptz
);
CREATE INDEX outgoing_event_new ON outgoing_event (seq) WHERE fanned_out_at IS NULL;
CREATE INDEX outgoing_event_at ON outgoing_event (at);

CREATE TABLE event_endpoint (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    url             text NOT NULL,
    enabled         boolean NOT NULL DEFAULT true,
    disabled_reason text NOT NULL DEFAULT '',
    event_types     text[] NOT NULL CHECK (cardinality(event_types) > 0),
    workflow_ids    uuid[] NOT NULL DEFAULT '{}',
    labels          text[] NOT NULL DEFAULT '{}',
    -- Sealed; header_names alone is ever shown.
    headers         bytea NOT NULL,
    headers_version integer NOT NULL DEFAULT 1,
    header_names    text[] NOT NULL DEFAULT '{}',
    secret          bytea NOT NULL,
    secret_version  integer NOT NULL DEFAULT 1,
    previous_secret bytea,
    previous_until  timestamptz,
    allow_private   boolean NOT NULL DEFAULT false,
    verify_tls      boolean NOT NULL DEFAULT true,
    ca_pem          text NOT NULL DEFAULT '',
    -- The circuit: failures in a row, and until when nothing is sent.
    failures        integer NOT NULL DEFAULT 0,
    open_until      timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error      text NOT NULL DEFAULT '',
    revision        integer NOT NULL DEFAULT 1,
    creator_kind    text NOT NULL,
    creator_id      text NOT NULL,
    creator_name    text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz
);

CREATE TABLE event_delivery (
    id            uuid PRIMARY KEY DEFAULT new_id(),
    endpoint_id   uuid NOT NULL REFERENCES event_endpoint (id),
    event_seq     bigint NOT NULL,
    order_key     text NOT NULL,
    status        text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DELIVERED', 'PARKED')),
    attempts      integer NOT NULL DEFAULT 0,
    -- Tries since it was made or replayed: the backoff grows with them.
    tries         integer NOT NULL DEFAULT 0,
    -- Null behind an earlier pending delivery of its lane; in the future while it is being sent or waits to be sent again.
    next_at       timestamptz,
    lease_id      uuid,
    give_up_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    last_status   integer,
    last_error    text NOT NULL DEFAULT '',
    UNIQUE (endpoint_id, event_seq),
    CHECK ((status = 'PENDING') = (ended_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX event_delivery_due ON event_delivery (endpoint_id, next_at) WHERE status = 'PENDING' AND next_at IS NOT NULL;
CREATE INDEX event_delivery_lane ON event_delivery (endpoint_id, order_key, event_seq) WHERE status = 'PENDING';
CREATE INDEX event_delivery_late ON event_delivery (give_up_at) WHERE status = 'PENDING';
CREATE INDEX event_delivery_status ON event_delivery (endpoint_id, status, event_seq DESC);
CREATE INDEX event_delivery_ended ON event_delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX event_delivery_event ON event_delivery (event_seq);

CREATE TABLE delivery_attempt (
    delivery_id      uuid NOT NULL REFERENCES event_delivery (id) ON DELETE CASCADE,
    attempt_no       integer NOT NULL,
    at               timestamptz NOT NULL DEFAULT now(),
    duration_seconds double precision NOT NULL,
    outcome          text NOT NULL CHECK (outcome IN ('DELIVERED', 'RETRY', 'PARKED')),
    request_headers  json NOT NULL,
    response_status  integer,
    response_headers json,
    response_body    text,
    error            text NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, attempt_no)
);
COMMENT ON TABLE delivery_attempt IS 'What was sent and answered, without secrets and cut to a bounded size.';

CREATE TABLE notification_rule (
    id               uuid PRIMARY KEY,
    name             text NOT NULL,
    enabled          boolean NOT NULL DEFAULT true,
    recipients       text[] NOT NULL CHECK (cardinality(recipients) > 0),
    event_types      text[] NOT NULL CHECK (cardinality(event_types) > 0),
    workflow_ids     uuid[] NOT NULL DEFAULT '{}',
    failures_only    boolean NOT NULL DEFAULT false,
    digest_seconds   integer NOT NULL DEFAULT 0 CHECK (digest_seconds >= 0),
    subject_template text NOT NULL DEFAULT '',
    text_template    text NOT NULL DEFAULT '',
    revision         integer NOT NULL DEFAULT 1,
    creator_kind     text NOT NULL,
    creator_id       text NOT NULL,
    creator_name     text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz
);
COMMENT ON COLUMN notification_rule.digest_seconds IS '0: a mail for each event; else one mail for all events of so many seconds.';

CREATE TABLE mail (
    id         uuid PRIMARY KEY DEFAULT new_id(),
    rule_id    uuid NOT NULL REFERENCES notification_rule (id),
    status     text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'SENT', 'PARKED')),
    -- Takes further events until then.
    due_at     timestamptz NOT NULL,
    collecting boolean NOT NULL,
    -- Who has it still to get; fixed when the mail is first sent.
    recipients text[],
    tries      integer NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL,
    lease_id   uuid,
    give_up_at timestamptz NOT NULL,
    last_error text NOT NULL DEFAULT '',
    ended_at   timestamptz,
    CHECK ((status = 'PENDING') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX mail_collecting ON mail (rule_id) WHERE collecting;
CREATE INDEX mail_due ON mail (next_at) WHERE status = 'PENDING';
CREATE INDEX mail_ended ON mail (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE mail_item (
    mail_id   uuid NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    event_seq bigint NOT NULL,
    PRIMARY KEY (mail_id, event_seq)
);
CREATE INDEX mail_item_event ON mail_item (event_seq);

CREATE TABLE runner_presence (
    runner_id uuid PRIMARY KEY,
    state     text NOT NULL CHECK (state IN ('ONLINE', 'SILENT', 'OFFLINE')),
    since     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE runner_presence IS 'The state of each runner that was last told: runner.* events come from its changes.';

-- "execution.*" as a LIKE pattern. Globs know the star alone.
CREATE FUNCTION event_pattern(p_glob text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT replace(replace(p_glob, '_', '\_'), '*', '%')
$$;

CREATE FUNCTION is_event_type_in(p_type text, p_globs text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (SELECT FROM unnest(p_globs) AS glob WHERE p_type LIKE event_pattern(glob))
$$;

-- Of a disabled endpoint too: what it missed can be replayed to it.
CREATE FUNCTION refresh_event_interest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_patterns text[];
BEGIN
    -- Two changes at once would each miss the other's; the statement after the lock sees what was committed before it.
    PERFORM pg_advisory_xact_lock(45450008, 2);
    SELECT coalesce(array_agg(DISTINCT event_pattern(glob)), '{}') INTO v_patterns
      FROM (SELECT unnest(event_types) FROM event_endpoint WHERE deleted_at IS NULL
             UNION
            SELECT unnest(event_types) FROM notification_rule WHERE deleted_at IS NULL AND enabled) AS wanted (glob);
    DELETE FROM event_interest WHERE pattern <> ALL (v_patterns);
    INSERT INTO event_interest SELECT unnest(v_patterns) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER endpoint_interest AFTER INSERT OR DELETE OR UPDATE OF event_types, deleted_at ON event_endpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_event_interest();
CREATE TRIGGER rule_interest AFTER INSERT OR DELETE OR UPDATE OF event_types, enabled, deleted_at ON notification_rule
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_event_interest();

-- Tells whoever wants events of this type, once the caller's transaction is committed. Events of one order key reach an
-- endpoint in the order of the calls: make them under a lock of that key's row. An empty key has no order.
CREATE FUNCTION emit_event(p_type text, p_subject_kind text, p_subject_id text, p_order_key text, p_data json,
                           p_workflow_id uuid DEFAULT NULL, p_labels text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM event_interest WHERE p_type LIKE pattern) THEN RETURN; END IF;
    INSERT INTO outgoing_event (type, subject_kind, subject_id, order_key, workflow_id, labels, data)
    VALUES (p_type, p_subject_kind, p_subject_id, coalesce(nullif(p_order_key, ''), new_id()::text), p_workflow_id, p_labels,
            coalesce(p_data, '{}'));
END
$$;

-- The public name of a step of an execution. The end is named by its status, whatever led there.
CREATE FUNCTION execution_event_type(p_event text, p_status text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'execution.' || CASE
        WHEN p_status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST', 'STOPPING') AND p_event NOT LIKE 'CONTACT%' THEN lower(p_status)
        WHEN p_event IN ('CONTACT_LOST', 'CONTACT_REGAINED') THEN lower(p_event)
        WHEN p_event = 'SUBMIT' THEN 'queued'
        WHEN p_event = 'CLAIM' THEN 'assigned'
        WHEN p_event = 'ACKNOWLEDGE' THEN 'started'
        WHEN p_event IN ('RETRY_FAILED', 'RETRY_LOST') THEN 'retrying'
        WHEN p_event LIKE 'SUSPEND%' THEN 'suspended'
        WHEN p_event = 'RESUME' THEN 'resumed'
        WHEN p_status = 'QUEUED' THEN 'requeued'
        ELSE lower(p_status)
    END
$$;

-- On the way of every execution: nothing but a look at a table of no rows while nobody wants to hear.
CREATE FUNCTION tell_execution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_type text;
BEGIN
    IF NOT EXISTS (SELECT FROM event_interest) THEN RETURN NULL; END IF;
    v_type := execution_event_type(NEW.event, NEW.status);
    IF NOT EXISTS (SELECT FROM event_interest WHERE v_type LIKE pattern) THEN RETURN NULL; END IF;
    INSERT INTO outgoing_event (type, subject_kind, subject_id, order_key, workflow_id, labels, data)
    VALUES (v_type, 'execution', NEW.id::text, 'execution:' || NEW.id, NEW.workflow_id,
            (SELECT d.labels FROM demand d WHERE d.id = NEW.demand_id),
            json_build_object(
                'workflow_name', NEW.workflow_name, 'event', NEW.event, 'step', NEW.event_count, 'status', NEW.status,
                'attempt_no', NEW.attempt_no, 'run_attempts', NEW.run_attempts, 'runner_id', NEW.runner_id,
                'has_output', NEW.output IS NOT NULL,
                'failure', CASE WHEN octet_length(NEW.failure) <= 32768 THEN convert_from(NEW.failure, 'UTF8') END,
                'failure_bytes', octet_length(NEW.failure), 'failure_code', NEW.failure_code,
                'created_at', NEW.created_at, 'not_before', NEW.not_before, 'assigned_at', NEW.assigned_at,
                'started_at', NEW.started_at, 'completed_at', NEW.completed_at, 'contact_lost_at', NEW.contact_lost_at,
                'cpu_avg', NEW.cpu_avg, 'cpu_peak', NEW.cpu_peak, 'memory_avg', NEW.memory_avg, 'memory_peak', NEW.memory_peak,
                'late', NEW.late, 'waiting_for', NEW.waiting_for, 'stopped_by_kind', NEW.stopped_by_kind,
                'stopped_by_id', NEW.stopped_by_id, 'stopped_by_name', NEW.stopped_by_name));
    RETURN NULL;
END
$$;
CREATE TRIGGER execution_submitted_told AFTER INSERT ON execution FOR EACH ROW EXECUTE FUNCTION tell_execution();
CREATE TRIGGER execution_changed_told AFTER UPDATE ON execution FOR EACH ROW
    WHEN (OLD.event_count IS DISTINCT FROM NEW.event_count) EXECUTE FUNCTION tell_execution();

CREATE FUNCTION tell_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit_event(CASE WHEN NEW.allowed THEN 'license.changed' ELSE 'license.refused' END, 'license', '', 'license',
        json_build_object('allowed', NEW.allowed, 'reason', NEW.reason, 'message', NEW.message,
                          'concurrentExecutions', NEW.concurrent_executions));
    RETURN NULL;
END
$$;
CREATE TRIGGER licence_told AFTER UPDATE ON licence_verdict FOR EACH ROW
    WHEN ((OLD.allowed, OLD.reason, OLD.concurrent_executions) IS DISTINCT FROM (NEW.allowed, NEW.reason, NEW.concurrent_executions))
    EXECUTE FUNCTION tell_licence();

-- Compares each runner with what was last told of it. Answers how many changed. A runner seen for the first time is told
-- of only when it is there.
CREATE FUNCTION tell_runners() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_timing dispatch_timing;
    v_runner record;
    v_count integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(45450008, 3) THEN RETURN 0; END IF;
    SELECT * INTO v_timing FROM dispatch_timing;
    DELETE FROM runner_presence p WHERE NOT EXISTS (SELECT FROM runner r WHERE r.id = p.runner_id AND r.deleted_at IS NULL);
    FOR v_runner IN
        SELECT now_is.*, p.state AS told
          FROM (SELECT r.id, r.name, r.labels, n.seen_at,
                       CASE WHEN n.runner_id IS NULL OR n.closed_at IS NOT NULL
                                 OR n.seen_at <= now() - make_interval(secs => v_timing.offline_seconds) THEN 'OFFLINE'
                            WHEN n.seen_at <= now() - make_interval(secs => v_timing.silent_seconds) THEN 'SILENT'
                            ELSE 'ONLINE' END AS state
                  FROM runner r LEFT JOIN runner_session n ON n.runner_id = r.id
                 WHERE r.deleted_at IS NULL) AS now_is
          LEFT JOIN runner_presence p ON p.runner_id = now_is.id
         WHERE p.state IS DISTINCT FROM now_is.state
         ORDER BY now_is.id
    LOOP
        INSERT INTO runner_presence (runner_id, state) VALUES (v_runner.id, v_runner.state)
            ON CONFLICT (runner_id) DO UPDATE SET state = excluded.state, since = now();
        CONTINUE WHEN v_runner.told IS NULL AND v_runner.state = 'OFFLINE';
        PERFORM emit_event('runner.' || lower(v_runner.state), 'runner', v_runner.id::text, 'runner:' || v_runner.id,
            json_build_object('runner', json_build_object('id', v_runner.id, 'name', v_runner.name, 'labels', v_runner.labels,
                'state', CASE v_runner.state WHEN 'SILENT' THEN 'ONLINE' ELSE v_runner.state END,
                'silent', v_runner.state = 'SILENT', 'lastSeenAt', v_runner.seen_at)),
            NULL, v_runner.labels);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;

-- Makes deliveries and mails of the oldest p_limit new events; answers how many events it took. One at a time: then a
-- lane gets its deliveries in order, although events become visible out of order.
CREATE FUNCTION fan_out_events(p_limit integer, p_window_seconds double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_events bigint[];
    v_keys text[];
    v_item record;
    v_mail uuid;
    v_give_up timestamptz := now() + make_interval(secs => p_window_seconds);
BEGIN
    IF NOT pg_try_advisory_xact_lock(45450008, 1) THEN RETURN 0; END IF;
    SELECT array_agg(seq), array_agg(DISTINCT order_key) INTO v_events, v_keys
      FROM (SELECT seq, order_key FROM outgoing_event WHERE fanned_out_at IS NULL ORDER BY seq LIMIT p_limit) AS new;
    IF v_events IS NULL THEN RETURN 0; END IF;
    -- Whoever ends the head of a lane looks for its successor afterwards: with the head locked, either that sees the new
    -- ones, or they see the end.
    PERFORM FROM event_delivery d
      WHERE d.endpoint_id = ANY (ARRAY (SELECT id FROM event_endpoint WHERE deleted_at IS NULL))
        AND d.order_key = ANY (v_keys) AND d.status = 'PENDING' AND d.next_at IS NOT NULL
      ORDER BY d.id FOR UPDATE;
    INSERT INTO event_delivery (endpoint_id, event_seq, order_key, next_at, give_up_at)
    SELECT p.id, e.seq, e.order_key,
           CASE WHEN lag(e.seq) OVER (PARTITION BY p.id, e.order_key ORDER BY e.seq) IS NULL
                     AND NOT EXISTS (SELECT FROM event_delivery d WHERE d.endpoint_id = p.id AND d.order_key = e.order_key
                                        AND d.status = 'PENDING') THEN now() END,
           v_give_up
      FROM outgoing_event e
      JOIN event_endpoint p ON p.deleted_at IS NULL AND CASE
           WHEN e.endpoint_id IS NOT NULL THEN p.id = e.endpoint_id
           ELSE p.enabled AND is_event_type_in(e.type, p.event_types)
                AND (p.workflow_ids = '{}' OR e.workflow_id IS NULL OR e.workflow_id = ANY (p.workflow_ids))
                AND (p.labels = '{}' OR e.labels IS NULL OR e.labels && p.labels) END
     WHERE e.seq = ANY (v_events)
        ON CONFLICT (endpoint_id, event_seq) DO NOTHING;
    FOR v_item IN
        SELECT e.seq, r.id AS rule_id, r.digest_seconds
          FROM outgoing_event e
          JOIN notification_rule r ON r.deleted_at IS NULL AND r.enabled AND is_event_type_in(e.type, r.event_types)
           AND (r.workflow_ids = '{}' OR e.workflow_id IS NULL OR e.workflow_id = ANY (r.workflow_ids))
           AND (NOT r.failures_only OR e.type IN ('execution.failed', 'execution.lost'))
         WHERE e.seq = ANY (v_events) AND e.endpoint_id IS NULL
         ORDER BY e.seq
    LOOP
        v_mail := NULL;
        IF v_item.digest_seconds > 0 THEN
            SELECT id INTO v_mail FROM mail WHERE rule_id = v_item.rule_id AND collecting FOR UPDATE;
        END IF;
        IF v_mail IS NULL THEN
            INSERT INTO mail (rule_id, due_at, collecting, next_at, give_up_at)
            VALUES (v_item.rule_id, now() + make_interval(secs => v_item.digest_seconds), v_item.digest_seconds > 0,
                    now() + make_interval(secs => v_item.digest_seconds), v_give_up + make_interval(secs => v_item.digest_seconds))
            RETURNING id INTO v_mail;
        END IF;
        INSERT INTO mail_item (mail_id, event_seq) VALUES (v_mail, v_item.seq);
    END LOOP;
    UPDATE outgoing_event SET fanned_out_at = now() WHERE seq = ANY (v_events);
    RETURN cardinality(v_events);
END
$$;

-- Writes what came of an attempt, in one call because every event passes here. False: the lease had passed to somebody
-- else, and nothing is written. What waits for a receiver that answers again need not wait longer; it is spread over
-- p_spread seconds, so that it is not overrun.
CREATE FUNCTION settle_delivery(p_id uuid, p_lease uuid, p_outcome text, p_wait double precision, p_spread double precision,
                                p_attempt integer, p_at timestamptz, p_duration double precision, p_request json,
                                p_status integer, p_answer json, p_body text, p_error text) RETURNS boolean
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_delivery event_delivery;
    v_was_open boolean;
BEGIN
    UPDATE event_delivery
       SET lease_id = NULL, last_status = p_status, last_error = left(p_error, 1000),
           status = CASE p_outcome WHEN 'RETRY' THEN status ELSE p_outcome END,
           ended_at = CASE p_outcome WHEN 'RETRY' THEN NULL ELSE now() END,
           next_at = CASE p_outcome WHEN 'RETRY' THEN now() + make_interval(secs => p_wait) END
     WHERE id = p_id AND lease_id = p_lease AND status = 'PENDING' RETURNING * INTO v_delivery;
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO delivery_attempt (delivery_id, attempt_no, at, duration_seconds, outcome, request_headers, response_status,
                                  response_headers, response_body, error)
    VALUES (p_id, p_attempt, p_at, p_duration, p_outcome, p_request, p_status, p_answer, p_body, left(p_error, 1000))
        ON CONFLICT DO NOTHING;
    IF p_outcome = 'RETRY' THEN RETURN true; END IF;
    -- A statement of its own: its snapshot is younger than the lock on the head of the lane.
    UPDATE event_delivery SET next_at = now()
     WHERE id = (SELECT id FROM event_delivery
                  WHERE endpoint_id = v_delivery.endpoint_id AND order_key = v_delivery.order_key AND status = 'PENDING'
                  ORDER BY event_seq LIMIT 1) AND next_at IS NULL;
    IF p_outcome <> 'DELIVERED' THEN RETURN true; END IF;
    UPDATE event_endpoint p SET failures = 0, open_until = NULL, last_success_at = now()
      FROM (SELECT id, open_until FROM event_endpoint
             WHERE id = v_delivery.endpoint_id
               AND (failures > 0 OR open_until IS NOT NULL OR last_success_at IS NULL
                    OR last_success_at < now() - interval '10 seconds')
               FOR UPDATE) AS old
     WHERE p.id = old.id RETURNING old.open_until IS NOT NULL INTO v_was_open;
    IF v_was_open THEN
        UPDATE event_delivery SET next_at = least(next_at, now() + random() * make_interval(secs => p_spread))
         WHERE endpoint_id = v_delivery.endpoint_id AND status = 'PENDING' AND next_at > now() AND lease_id IS NULL;
    END IF;
    RETURN true;
END
$$;

-- Each execution leaves several rows here and changes them: cleaned early, the queues stay short to read.
ALTER TABLE outgoing_event SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE event_delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

GRANT SELECT, INSERT, UPDATE, DELETE ON event_interest, outgoing_event, event_endpoint, event_delivery, delivery_attempt,
    notification_rule, mail, mail_item, runner_presence TO exekra_automation;
