-- Executions, their attempts, and what decides who works on them: runner sessions, seats, demands, the dispatch hold.
-- Lock order everywhere: seat, then execution, then attempt. Only this server's clock decides about time.

CREATE TABLE runner (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    labels     text[] NOT NULL DEFAULT '{}',
    slots      integer NOT NULL DEFAULT 1 CHECK (slots >= 0),
    enabled    boolean NOT NULL DEFAULT true,
    draining   boolean NOT NULL DEFAULT false,
    deleted_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE runner IS 'What the registry told about a runner; the registry owns it.';

CREATE TABLE runner_session (
    runner_id        uuid PRIMARY KEY REFERENCES runner (id),
    epoch            bigint NOT NULL,
    session_id       uuid NOT NULL,
    boot_id          text NOT NULL,
    registry_address text NOT NULL,
    capabilities     text[] NOT NULL DEFAULT '{}',
    draining         boolean NOT NULL DEFAULT false,
    poll_open        boolean NOT NULL DEFAULT false,
    version          text NOT NULL DEFAULT '',
    opened_at        timestamptz NOT NULL DEFAULT now(),
    seen_at          timestamptz NOT NULL DEFAULT now(),
    closed_at        timestamptz
);
COMMENT ON TABLE runner_session IS 'The latest connection of a runner; the epoch fences the ones before.';
CREATE INDEX runner_session_freshest ON runner_session (seen_at DESC) WHERE poll_open;

CREATE TABLE seat (
    runner_id  uuid NOT NULL REFERENCES runner (id),
    slot       integer NOT NULL CHECK (slot >= 0),
    attempt_id uuid UNIQUE,
    PRIMARY KEY (runner_id, slot)
);
COMMENT ON TABLE seat IS 'A place for one attempt on a runner. Taken while attempt_id is set.';

CREATE TABLE demand (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    labels       text[] NOT NULL,
    capabilities text[] NOT NULL,
    runner_id    uuid,
    mode         text NOT NULL CHECK (mode IN ('SCHEDULED', 'INTERACTIVE')),
    UNIQUE NULLS NOT DISTINCT (labels, capabilities, runner_id, mode)
);
COMMENT ON TABLE demand IS 'What executions ask of a runner, each distinct set once: claim probes one index range per demand.';

CREATE TABLE execution (
    id                    uuid PRIMARY KEY,
    -- No foreign keys to workflow and demand: their few rows would be share-locked by every submission.
    workflow_id           uuid NOT NULL,
    workflow_name         text NOT NULL,
    version               integer NOT NULL,
    graph_sha256          text NOT NULL,
    draft                 boolean NOT NULL DEFAULT false,
    demand_id             bigint NOT NULL,
    mode                  text NOT NULL CHECK (mode IN ('SCHEDULED', 'INTERACTIVE')),
    status                text NOT NULL DEFAULT 'QUEUED' CHECK (status IN
        ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING', 'COMPLETED', 'FAILED', 'STOPPED', 'LOST')),
    -- The step that led here, and its facts: the trigger writes both into execution_event.
    event                 text NOT NULL DEFAULT 'SUBMIT',
    event_count           integer NOT NULL DEFAULT 0,
    event_facts           json,
    priority              smallint NOT NULL DEFAULT 50 CHECK (priority BETWEEN 1 AND 100),
    inputs                bytea NOT NULL DEFAULT '{}',
    output                bytea,
    failure               bytea,
    failure_code          text,
    -- Settings of the version, fixed at submission.
    on_lost               text NOT NULL DEFAULT 'lost' CHECK (on_lost IN ('lost', 'retry')),
    lease_seconds         double precision NOT NULL CHECK (lease_seconds > 0),
    max_attempts          integer NOT NULL DEFAULT 1 CHECK (max_attempts >= 1),
    backoff_seconds       double precision NOT NULL DEFAULT 10 CHECK (backoff_seconds >= 0),
    timeout_seconds       double precision NOT NULL DEFAULT 0 CHECK (timeout_seconds >= 0),
    queue_timeout_seconds double precision NOT NULL DEFAULT 86400 CHECK (queue_timeout_seconds >= 0),
    concurrency_key       text,
    concurrency_limit     integer CHECK (concurrency_limit >= 1),
    dedupe_key            text,
    dedupe_held           boolean NOT NULL DEFAULT false,
    -- attempt_no counts offers, run_attempts what began, dispatch_failures refusals since the last acknowledgement.
    attempt_no            integer NOT NULL DEFAULT 0,
    run_attempts          integer NOT NULL DEFAULT 0,
    dispatch_failures     integer NOT NULL DEFAULT 0,
    attempt_id            uuid,
    runner_id             uuid,
    trigger_id            uuid,
    actor_kind            text NOT NULL,
    actor_id              text NOT NULL DEFAULT '',
    actor_name            text NOT NULL DEFAULT '',
    retry_of              uuid,
    late                  boolean NOT NULL DEFAULT false,
    created_at            timestamptz NOT NULL DEFAULT now(),
    not_before            timestamptz,
    -- A queued execution is claimable when waiting_for is null; claim clears it once ready_at has come.
    waiting_for           text CHECK (waiting_for IN
        ('NOT_BEFORE', 'RETRY_BACKOFF', 'LOST_GRACE', 'DISPATCH_BACKOFF', 'CONCURRENCY')),
    ready_at              timestamptz NOT NULL DEFAULT now(),
    -- ready_at less one minute per point of priority, set by trigger: ageing becomes a constant order.
    dispatch_at           timestamptz NOT NULL,
    queue_deadline_at     timestamptz,
    assigned_at           timestamptz,
    started_at            timestamptz,
    deadline_at           timestamptz,
    completed_at          timestamptz,
    contact_lost_at       timestamptz,
    stop_requested_at     timestamptz,
    stop_force            boolean NOT NULL DEFAULT false,
    stop_cause            text CHECK (stop_cause IN ('REQUEST', 'TIMEOUT')),
    stopped_by_kind       text,
    stopped_by_id         text,
    stopped_by_name       text,
    cpu_avg               double precision,
    cpu_peak              double precision,
    memory_avg            bigint,
    memory_peak           bigint,
    CHECK ((status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST')) = (completed_at IS NOT NULL)),
    CHECK (waiting_for IS NULL OR status = 'QUEUED')
);
CREATE UNIQUE INDEX execution_dedupe ON execution (workflow_id, dedupe_key) WHERE dedupe_held;
CREATE INDEX execution_claimable ON execution (demand_id, dispatch_at, id) WHERE status = 'QUEUED' AND waiting_for IS NULL;
CREATE INDEX execution_waiting ON execution (ready_at) WHERE waiting_for IS NOT NULL;
CREATE INDEX execution_parked ON execution (workflow_id, concurrency_key, dispatch_at) WHERE waiting_for = 'CONCURRENCY';
CREATE INDEX execution_concurrency ON execution (workflow_id, concurrency_key)
    WHERE concurrency_key IS NOT NULL AND status IN ('ASSIGNED', 'RUNNING', 'STOPPING');
CREATE INDEX execution_queue_deadline ON execution (queue_deadline_at) WHERE status = 'QUEUED';
CREATE INDEX execution_deadline ON execution (deadline_at) WHERE status = 'RUNNING';
CREATE INDEX execution_lost_dedupe ON execution (completed_at) WHERE status = 'LOST' AND dedupe_held;
CREATE INDEX execution_newest ON execution (created_at DESC, id DESC);
CREATE INDEX execution_of_workflow ON execution (workflow_id, created_at DESC, id DESC);
CREATE INDEX execution_of_runner ON execution (runner_id, created_at DESC, id DESC);
CREATE INDEX execution_of_trigger ON execution (trigger_id, created_at DESC, id DESC) WHERE trigger_id IS NOT NULL;
CREATE INDEX execution_of_status ON execution (status, created_at DESC, id DESC);
CREATE INDEX execution_of_failure ON execution (failure_code, created_at DESC) WHERE failure_code IS NOT NULL;

CREATE TABLE attempt (
    id               uuid PRIMARY KEY,
    execution_id     uuid NOT NULL,
    attempt_no       integer NOT NULL,
    run_attempt      integer NOT NULL,
    runner_id        uuid NOT NULL,
    slot             integer NOT NULL,
    epoch            bigint NOT NULL,
    licence_seat     integer,
    offered_at       timestamptz NOT NULL DEFAULT now(),
    offer_expires_at timestamptz NOT NULL,
    lease_seconds    double precision NOT NULL,
    acknowledged_at  timestamptz,
    lease_expires_at timestamptz,
    ended_at         timestamptz,
    ended            text CHECK (ended IN ('UNDELIVERED', 'RETURNED', 'DECLINED', 'OFFER_EXPIRED', 'WITHDRAWN', 'NOT_BEGUN',
                                           'OK', 'FAILED', 'STOPPED', 'LOST')),
    end_reason       text,
    digest           text,
    late             boolean NOT NULL DEFAULT false,
    failure          bytea,
    node_events      bigint,
    log_lines        bigint,
    UNIQUE (execution_id, attempt_no),
    CHECK ((ended IS NULL) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX attempt_live ON attempt (execution_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX attempt_licence_seat ON attempt (licence_seat) WHERE ended_at IS NULL AND licence_seat IS NOT NULL;
CREATE INDEX attempt_live_on_runner ON attempt (runner_id) WHERE ended_at IS NULL;
CREATE INDEX attempt_offer ON attempt (offer_expires_at) WHERE ended_at IS NULL AND acknowledged_at IS NULL;
CREATE INDEX attempt_lease ON attempt (lease_expires_at) WHERE ended_at IS NULL AND acknowledged_at IS NOT NULL;

CREATE TABLE execution_event (
    execution_id   uuid NOT NULL,
    seq            integer NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    event          text NOT NULL,
    from_status    text,
    to_status      text NOT NULL,
    attempt_id     uuid,
    runner_id      uuid,
    facts          json,
    -- Readers of a stream stop below their snapshot's xmin, so a late committer is never missed.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (execution_id, seq)
);
CREATE INDEX execution_event_stream ON execution_event (transaction_id, execution_id, seq);

CREATE TABLE dispatch_hold (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    reason    text NOT NULL,
    held_at   timestamptz NOT NULL DEFAULT now(),
    held_by   text NOT NULL
);
COMMENT ON TABLE dispatch_hold IS 'A row while nothing may be claimed.';

CREATE TABLE hub_tick (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    at          timestamptz NOT NULL DEFAULT now(),
    incarnation uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO hub_tick DEFAULT VALUES;

CREATE TABLE registry_link (
    address     text PRIMARY KEY,
    incarnation text NOT NULL,
    seen_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry_link IS 'Registry processes; one that is silent costs no runner its lease.';

CREATE TABLE licence_verdict (
    singleton             boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    allowed               boolean NOT NULL,
    reason                text NOT NULL DEFAULT '',
    message               text NOT NULL DEFAULT '',
    concurrent_executions integer CHECK (concurrent_executions >= 0),
    fresh_until           timestamptz NOT NULL DEFAULT '-infinity',
    asked_at              timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN licence_verdict.concurrent_executions IS 'Null: without limit.';

CREATE TABLE dispatch_timing (
    singleton                 boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    silent_seconds            double precision NOT NULL DEFAULT 65,
    offline_seconds           double precision NOT NULL DEFAULT 120,
    offer_seconds             double precision NOT NULL DEFAULT 20,
    interactive_offer_seconds double precision NOT NULL DEFAULT 5,
    undelivered_seconds       double precision NOT NULL DEFAULT 30,
    lease_margin_seconds      double precision NOT NULL DEFAULT 10
);
COMMENT ON TABLE dispatch_timing IS 'Timers that SQL needs; written from the settings at each start.';
INSERT INTO dispatch_timing DEFAULT VALUES;

CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    -- UUIDv7: 48 bits of milliseconds over a random UUID, its version bits set from 4 to 7.
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- The same table as services/scheduler/executions/lifecycle.py; a test compares every cell.
CREATE FUNCTION next_status(p_status text, p_event text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_status
        WHEN 'QUEUED' THEN CASE p_event
            WHEN 'CLAIM' THEN 'ASSIGNED'
            WHEN 'STOP' THEN 'STOPPED'
            WHEN 'QUEUE_TIMEOUT' THEN 'FAILED'
            WHEN 'LATE_OK' THEN 'COMPLETED'
        END
        WHEN 'ASSIGNED' THEN CASE p_event
            WHEN 'ACKNOWLEDGE' THEN 'RUNNING'
            WHEN 'RETURN' THEN 'QUEUED'
            WHEN 'DECLINE' THEN 'QUEUED'
            WHEN 'OFFER_EXPIRE' THEN 'QUEUED'
            WHEN 'EXHAUST' THEN 'FAILED'
            WHEN 'REFUSE' THEN 'FAILED'
            WHEN 'STOP' THEN 'STOPPED'
        END
        WHEN 'RUNNING' THEN CASE p_event
            WHEN 'FINISH_OK' THEN 'COMPLETED'
            WHEN 'FINISH_FAILED' THEN 'FAILED'
            WHEN 'FINISH_STOPPED' THEN 'STOPPED'
            WHEN 'RETRY_FAILED' THEN 'QUEUED'
            WHEN 'NOT_BEGUN' THEN 'QUEUED'
            WHEN 'LOSE' THEN 'LOST'
            WHEN 'RETRY_LOST' THEN 'QUEUED'
            WHEN 'DEADLINE' THEN 'STOPPING'
            WHEN 'STOP' THEN 'STOPPING'
            WHEN 'CONTACT_LOST' THEN 'RUNNING'
            WHEN 'CONTACT_REGAINED' THEN 'RUNNING'
        END
        WHEN 'STOPPING' THEN CASE p_event
            WHEN 'FINISH_OK' THEN 'COMPLETED'
            WHEN 'FINISH_STOPPED' THEN 'STOPPED'
            WHEN 'FINISH_TIMEOUT' THEN 'FAILED'
            WHEN 'LOSE' THEN 'LOST'
            WHEN 'STOP_NOW' THEN 'STOPPING'
            WHEN 'CONTACT_LOST' THEN 'STOPPING'
            WHEN 'CONTACT_REGAINED' THEN 'STOPPING'
        END
        WHEN 'LOST' THEN CASE p_event
            WHEN 'LATE_OK' THEN 'COMPLETED'
            WHEN 'LATE_FAILED' THEN 'FAILED'
            WHEN 'LATE_STOPPED' THEN 'STOPPED'
            WHEN 'RESOLVE_COMPLETED' THEN 'COMPLETED'
            WHEN 'RESOLVE_FAILED' THEN 'FAILED'
            WHEN 'RESOLVE_STOPPED' THEN 'STOPPED'
        END
    END
$$;

CREATE FUNCTION guard_execution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_from text := NULL;
    v_runner uuid := NULL;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        v_from := OLD.status;
        v_runner := OLD.runner_id;
        IF next_status(OLD.status, NEW.event) IS DISTINCT FROM NEW.status THEN
            RAISE EXCEPTION 'execution %: % by % to % is no transition', OLD.id, OLD.status, NEW.event, NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.status <> 'QUEUED' OR NEW.event <> 'SUBMIT' THEN
        RAISE EXCEPTION 'execution %: begins as QUEUED by SUBMIT', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    NEW.event_count := NEW.event_count + 1;
    NEW.dedupe_held := NEW.dedupe_key IS NOT NULL
        AND NEW.status IN ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING', 'LOST');
    NEW.dispatch_at := NEW.ready_at - NEW.priority * interval '1 minute';
    NEW.queue_deadline_at := CASE WHEN NEW.status = 'QUEUED' AND NEW.queue_timeout_seconds > 0
        THEN NEW.ready_at + make_interval(secs => NEW.queue_timeout_seconds) END;
    INSERT INTO execution_event (execution_id, seq, event, from_status, to_status, attempt_id, runner_id, facts)
    VALUES (NEW.id, NEW.event_count, NEW.event, v_from, NEW.status, NEW.attempt_id, coalesce(NEW.runner_id, v_runner),
            NEW.event_facts);
    NEW.event_facts := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER execution_submitted BEFORE INSERT ON execution FOR EACH ROW EXECUTE FUNCTION guard_execution();
CREATE TRIGGER execution_changed BEFORE UPDATE ON execution FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.event IS DISTINCT FROM NEW.event)
    EXECUTE FUNCTION guard_execution();

-- Lowest free licence seat, reserved until the end of the transaction; null when all are taken.
CREATE FUNCTION free_licence_seat(p_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_seat integer;
BEGIN
    FOR v_seat IN
        SELECT number FROM generate_series(1, p_limit) AS number
         WHERE NOT EXISTS (SELECT FROM attempt a WHERE a.licence_seat = number AND a.ended_at IS NULL)
    LOOP
        -- Another claim may hold it without having committed: the lock tells. It may just have committed: look again,
        -- in a statement of its own, whose snapshot is younger than the lock.
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(45450001, v_seat);
        IF NOT EXISTS (SELECT FROM attempt a WHERE a.licence_seat = v_seat AND a.ended_at IS NULL) THEN
            RETURN v_seat;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- Every condition that keeps this execution from this runner now; empty when it can be claimed. The session is null
-- for a runner that never connected.
CREATE FUNCTION obstacles(p_execution execution, p_demand demand, p_runner runner, p_session runner_session)
RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_found text[] := '{}';
    v_timing dispatch_timing;
    v_limit integer;
BEGIN
    SELECT * INTO v_timing FROM dispatch_timing;
    IF EXISTS (SELECT FROM dispatch_hold) THEN v_found := v_found || 'HELD'::text; END IF;
    IF p_execution.ready_at > now() THEN v_found := v_found || 'NOT_BEFORE'::text; END IF;
    IF p_demand.runner_id <> p_runner.id THEN v_found := v_found || 'OTHER_RUNNER'::text; END IF;
    IF NOT p_runner.enabled OR p_runner.deleted_at IS NOT NULL THEN v_found := v_found || 'DISABLED'::text; END IF;
    IF NOT p_demand.labels <@ p_runner.labels THEN v_found := v_found || 'LABELS'::text; END IF;
    IF p_session.runner_id IS NOT NULL AND NOT p_demand.capabilities <@ p_session.capabilities THEN
        v_found := v_found || 'CAPABILITY'::text;
    END IF;
    IF p_session.runner_id IS NULL OR p_session.closed_at IS NOT NULL
       OR p_session.seen_at <= now() - make_interval(secs => v_timing.offline_seconds) THEN
        v_found := v_found || 'OFFLINE'::text;
    ELSIF NOT p_session.poll_open OR p_session.seen_at <= now() - make_interval(secs => v_timing.silent_seconds) THEN
        v_found := v_found || 'SILENT'::text;
    END IF;
    IF p_runner.draining OR p_session.draining THEN v_found := v_found || 'DRAINING'::text; END IF;
    IF NOT EXISTS (SELECT FROM seat s WHERE s.runner_id = p_runner.id AND s.attempt_id IS NULL AND s.slot < p_runner.slots)
       AND p_session.runner_id IS NOT NULL THEN
        v_found := v_found || 'BUSY'::text;
    END IF;
    IF p_execution.concurrency_key IS NOT NULL AND p_execution.concurrency_limit <= (
        SELECT count(*) FROM execution e
         WHERE e.workflow_id = p_execution.workflow_id AND e.concurrency_key = p_execution.concurrency_key
           AND e.status IN ('ASSIGNED', 'RUNNING', 'STOPPING')) THEN
        v_found := v_found || 'CONCURRENCY'::text;
    END IF;
    SELECT concurrent_executions INTO v_limit FROM licence_verdict;
    IF v_limit <= (SELECT count(*) FROM attempt a WHERE a.ended_at IS NULL AND a.licence_seat IS NOT NULL) THEN
        v_found := v_found || 'LICENCE_CONCURRENCY'::text;
    END IF;
    IF p_execution.attempt_no > 0 AND EXISTS (
        SELECT FROM attempt a
         WHERE a.execution_id = p_execution.id AND a.runner_id = p_runner.id AND a.ended = 'UNDELIVERED'
           AND a.ended_at > now() - make_interval(secs => v_timing.undelivered_seconds)) THEN
        v_found := v_found || 'RECENTLY_UNDELIVERED'::text;
    END IF;
    RETURN v_found;
END
$$;

-- Takes one execution for one free seat; the caller has locked both and found no obstacle. Null: no licence seat is left.
CREATE FUNCTION assign(p_execution execution, p_runner_id uuid, p_slot integer, p_epoch bigint) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_attempt uuid := new_id();
    v_timing dispatch_timing;
    v_limit integer;
    v_licence integer;
BEGIN
    SELECT * INTO v_timing FROM dispatch_timing;
    SELECT concurrent_executions INTO v_limit FROM licence_verdict;
    IF v_limit IS NOT NULL THEN
        v_licence := free_licence_seat(v_limit);
        IF v_licence IS NULL THEN RETURN NULL; END IF;
    END IF;
    UPDATE seat SET attempt_id = v_attempt WHERE runner_id = p_runner_id AND slot = p_slot;
    UPDATE execution
       SET status = 'ASSIGNED', event = 'CLAIM', attempt_id = v_attempt, attempt_no = attempt_no + 1, runner_id = p_runner_id,
           assigned_at = now()
     WHERE id = p_execution.id;
    INSERT INTO attempt (id, execution_id, attempt_no, run_attempt, runner_id, slot, epoch, licence_seat, lease_seconds,
                         offer_expires_at)
    VALUES (v_attempt, p_execution.id, p_execution.attempt_no + 1, p_execution.run_attempts + 1, p_runner_id, p_slot, p_epoch,
            v_licence, p_execution.lease_seconds,
            now() + make_interval(secs => CASE p_execution.mode WHEN 'INTERACTIVE' THEN v_timing.interactive_offer_seconds
                                                                ELSE v_timing.offer_seconds END));
    RETURN v_attempt;
END
$$;

-- Makes claimable again what waited for its time. Locked rows are left to whoever holds them.
CREATE FUNCTION wake_due() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT EXISTS (SELECT FROM execution WHERE waiting_for IS NOT NULL AND waiting_for <> 'CONCURRENCY' AND ready_at <= now()) THEN
        RETURN 0;
    END IF;
    UPDATE execution SET waiting_for = NULL
     WHERE id IN (SELECT id FROM execution
                   WHERE waiting_for IS NOT NULL AND waiting_for <> 'CONCURRENCY' AND ready_at <= now()
                   ORDER BY ready_at LIMIT 500 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- Assigns up to p_limit ready executions to free seats (of p_runners, or of all) and answers the new attempts.
-- Never waits for a lock, so it cannot be part of a deadlock.
CREATE FUNCTION claim(p_limit integer, p_runners uuid[] DEFAULT NULL) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    v_timing dispatch_timing;
    v_demands bigint[];
    v_seat record;
    v_candidate uuid;
    v_execution execution;
    v_demand demand;
    v_obstacles text[];
    v_attempt uuid;
    v_count integer := 0;
BEGIN
    IF EXISTS (SELECT FROM dispatch_hold) THEN RETURN; END IF;
    PERFORM wake_due();
    -- Demands with something claimable, by one index probe each.
    WITH RECURSIVE queued (demand_id) AS (
        (SELECT demand_id FROM execution WHERE status = 'QUEUED' AND waiting_for IS NULL ORDER BY demand_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.demand_id FROM execution e
                 WHERE e.status = 'QUEUED' AND e.waiting_for IS NULL AND e.demand_id > queued.demand_id
                 ORDER BY e.demand_id LIMIT 1)
          FROM queued WHERE queued.demand_id IS NOT NULL
    )
    SELECT array_agg(demand_id) INTO v_demands FROM queued WHERE demand_id IS NOT NULL;
    IF v_demands IS NULL THEN RETURN; END IF;
    SELECT * INTO v_timing FROM dispatch_timing;
    FOR v_seat IN
        SELECT s.runner_id, s.slot, r AS runner, n AS session
          FROM runner_session n
          JOIN runner r ON r.id = n.runner_id
          JOIN seat s ON s.runner_id = n.runner_id
         WHERE n.poll_open AND NOT n.draining AND n.closed_at IS NULL
           AND n.seen_at > now() - make_interval(secs => v_timing.silent_seconds)
           AND r.enabled AND NOT r.draining AND r.deleted_at IS NULL
           AND s.attempt_id IS NULL AND s.slot < r.slots
           AND (p_runners IS NULL OR n.runner_id = ANY (p_runners))
           AND EXISTS (SELECT FROM demand d
                        WHERE d.id = ANY (v_demands) AND d.labels <@ r.labels AND d.capabilities <@ n.capabilities
                          AND (d.runner_id IS NULL OR d.runner_id = r.id))
         ORDER BY n.seen_at DESC, n.runner_id, s.slot
    LOOP
        PERFORM FROM seat WHERE runner_id = v_seat.runner_id AND slot = v_seat.slot AND attempt_id IS NULL
            FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        FOR v_candidate IN
            SELECT head.id
              FROM demand d
             CROSS JOIN LATERAL (
                SELECT e.id, e.dispatch_at FROM execution e
                 WHERE e.demand_id = d.id AND e.status = 'QUEUED' AND e.waiting_for IS NULL
                 ORDER BY e.dispatch_at, e.id LIMIT 20) head
             WHERE d.id = ANY (v_demands) AND d.labels <@ (v_seat.runner).labels
               AND d.capabilities <@ (v_seat.session).capabilities
               AND (d.runner_id IS NULL OR d.runner_id = v_seat.runner_id)
             ORDER BY head.dispatch_at, head.id LIMIT 20
        LOOP
            SELECT * INTO v_execution FROM execution
             WHERE id = v_candidate AND status = 'QUEUED' AND waiting_for IS NULL FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            -- Counting the live ones of a key is only true for one claim at a time.
            CONTINUE WHEN v_execution.concurrency_key IS NOT NULL AND NOT pg_try_advisory_xact_lock(
                hashtextextended(v_execution.workflow_id || ' ' || v_execution.concurrency_key, 45450002));
            SELECT * INTO v_demand FROM demand WHERE id = v_execution.demand_id;
            v_obstacles := obstacles(v_execution, v_demand, v_seat.runner, v_seat.session);
            IF 'LICENCE_CONCURRENCY' = ANY (v_obstacles) THEN RETURN; END IF;
            IF v_obstacles = '{CONCURRENCY}' THEN
                -- Parked: it stands in nobody's way until one of its key ends.
                UPDATE execution SET waiting_for = 'CONCURRENCY' WHERE id = v_execution.id;
            END IF;
            CONTINUE WHEN v_obstacles <> '{}';
            v_attempt := assign(v_execution, v_seat.runner_id, v_seat.slot, (v_seat.session).epoch);
            IF v_attempt IS NULL THEN RETURN; END IF;
            RETURN NEXT v_attempt;
            v_count := v_count + 1;
            EXIT;
        END LOOP;
        EXIT WHEN v_count >= p_limit;
    END LOOP;
END
$$;

-- Interactive: this execution on this runner now, or the obstacles. Waits for locks as long as lock_timeout allows.
CREATE FUNCTION claim_at_once(p_execution uuid, p_runner uuid, OUT attempt_id uuid, OUT found_obstacles text[])
LANGUAGE plpgsql AS $$
DECLARE
    v_execution execution;
    v_demand demand;
    v_runner runner;
    v_session runner_session;
    v_slot integer;
BEGIN
    SELECT * INTO v_runner FROM runner WHERE id = p_runner AND deleted_at IS NULL;
    IF NOT FOUND THEN
        found_obstacles := '{OFFLINE}';
        RETURN;
    END IF;
    SELECT s.slot INTO v_slot FROM seat s
     WHERE s.runner_id = p_runner AND s.attempt_id IS NULL AND s.slot < v_runner.slots
     ORDER BY s.slot LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- Every free seat is being claimed at this moment: wait for one that is not taken after all.
        SELECT s.slot INTO v_slot FROM seat s
         WHERE s.runner_id = p_runner AND s.attempt_id IS NULL AND s.slot < v_runner.slots
         ORDER BY s.slot LIMIT 1 FOR UPDATE;
    END IF;
    SELECT * INTO v_session FROM runner_session WHERE runner_id = p_runner;
    SELECT * INTO v_execution FROM execution WHERE id = p_execution FOR UPDATE;
    SELECT * INTO v_demand FROM demand WHERE id = v_execution.demand_id;
    IF v_execution.concurrency_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(
            hashtextextended(v_execution.workflow_id || ' ' || v_execution.concurrency_key, 45450002));
    END IF;
    found_obstacles := obstacles(v_execution, v_demand, v_runner, v_session);
    IF v_slot IS NULL AND found_obstacles = '{}' THEN found_obstacles := '{BUSY}'; END IF;
    IF found_obstacles <> '{}' THEN RETURN; END IF;
    attempt_id := assign(v_execution, p_runner, v_slot, v_session.epoch);
    IF attempt_id IS NULL THEN found_obstacles := '{LICENCE_CONCURRENCY}'; END IF;
END
$$;

-- Locks the executions of these attempts, and these executions, with their seats; answers each with that attempt (or its
-- latest). Every decision is made on such a row, in the transaction that locked it.
CREATE FUNCTION lock_work(p_attempts uuid[], p_executions uuid[], p_deadline_grace double precision DEFAULT 0)
RETURNS TABLE (
    execution_id uuid, workflow_id uuid, status text, mode text, latest_attempt_id uuid, run_attempts integer,
    max_attempts integer, backoff_seconds double precision, on_lost text, dispatch_failures integer, stop_cause text,
    stop_force boolean, concurrency_key text, timeout_seconds double precision, queue_over boolean, deadline_over boolean,
    contact_lost boolean, attempt_id uuid, runner_id uuid, slot integer, epoch bigint, lease_seconds double precision,
    acknowledged boolean, ended text, digest text, offer_over boolean, lease_over boolean,
    lease_left_seconds double precision, runner_name text, refusers text[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_attempts uuid[];
    v_executions uuid[];
BEGIN
    SELECT array_agg(DISTINCT id), array_agg(DISTINCT execution) INTO v_attempts, v_executions
      FROM (SELECT a.id, a.execution_id FROM attempt a WHERE a.id = ANY (p_attempts)
             UNION ALL
            SELECT e.attempt_id, e.id FROM execution e WHERE e.id = ANY (p_executions)) AS wanted (id, execution);
    PERFORM FROM seat s WHERE s.attempt_id = ANY (v_attempts) ORDER BY s.runner_id, s.slot FOR UPDATE;
    PERFORM FROM execution e WHERE e.id = ANY (v_executions) ORDER BY e.id FOR UPDATE;
    RETURN QUERY
        WITH wanted (attempt, execution) AS (
            SELECT a.id, a.execution_id FROM attempt a WHERE a.id = ANY (p_attempts)
             UNION ALL
            SELECT e.attempt_id, e.id FROM execution e WHERE e.id = ANY (p_executions))
        SELECT e.id, e.workflow_id, e.status, e.mode, e.attempt_id, e.run_attempts, e.max_attempts, e.backoff_seconds, e.on_lost,
               e.dispatch_failures, e.stop_cause, e.stop_force, e.concurrency_key, e.timeout_seconds,
               coalesce(e.queue_deadline_at <= now(), false),
               coalesce(e.deadline_at + make_interval(secs => p_deadline_grace) <= now(), false),
               e.contact_lost_at IS NOT NULL, a.id, a.runner_id, a.slot, a.epoch, a.lease_seconds,
               a.acknowledged_at IS NOT NULL, a.ended, a.digest,
               a.ended_at IS NULL AND a.acknowledged_at IS NULL AND a.offer_expires_at <= now(),
               coalesce(a.ended_at IS NULL AND a.lease_expires_at <= now(), false),
               coalesce(extract(epoch FROM a.lease_expires_at - now())::double precision, 0), r.name,
               CASE WHEN e.dispatch_failures > 0 THEN ARRAY (
                    SELECT DISTINCT o.name FROM attempt f JOIN runner o ON o.id = f.runner_id
                     WHERE f.execution_id = e.id AND f.ended IN ('DECLINED', 'OFFER_EXPIRED') ORDER BY 1)
               ELSE '{}' END
          FROM wanted w
          JOIN execution e ON e.id = w.execution
          LEFT JOIN attempt a ON a.id = w.attempt
          LEFT JOIN runner r ON r.id = a.runner_id;
END
$$;

-- Lets parked executions go as far as their key's limit allows: of one key, or of all.
CREATE FUNCTION unpark(p_workflow uuid DEFAULT NULL, p_key text DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_key record;
    v_count integer := 0;
    v_woken integer;
BEGIN
    FOR v_key IN
        SELECT DISTINCT e.workflow_id, e.concurrency_key FROM execution e
         WHERE e.waiting_for = 'CONCURRENCY' AND (p_workflow IS NULL OR (e.workflow_id = p_workflow AND e.concurrency_key = p_key))
    LOOP
        UPDATE execution SET waiting_for = NULL
         WHERE id IN (
            SELECT e.id FROM execution e
             WHERE e.waiting_for = 'CONCURRENCY' AND e.workflow_id = v_key.workflow_id
               AND e.concurrency_key = v_key.concurrency_key
               AND e.concurrency_limit > (SELECT count(*) FROM execution l
                    WHERE l.workflow_id = v_key.workflow_id AND l.concurrency_key = v_key.concurrency_key
                      AND l.status IN ('ASSIGNED', 'RUNNING', 'STOPPING'))
             ORDER BY e.dispatch_at LIMIT 1 FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS v_woken = ROW_COUNT;
        v_count := v_count + v_woken;
    END LOOP;
    RETURN v_count;
END
$$;

-- Each execution leaves several dead versions of its rows behind: cleaned and counted early, claims stay fast.
ALTER TABLE execution SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE attempt SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE seat SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE runner_session SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    runner, runner_session, seat, demand, execution, attempt, execution_event, dispatch_hold, registry_link, licence_verdict
    TO exekra_automation;
GRANT SELECT, UPDATE ON hub_tick, dispatch_timing TO exekra_automation;
