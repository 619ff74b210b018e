-- Who works on what: the conditions, the claims, and the locks under which decisions are made.
--
-- What every execution passes through is planned once for each connection (force_generic_plan), not at each call: planning
-- took longer than running (lock_work 1.3 ms against 0.5). Each statement in them reads by keys, so one plan suits all
-- values; where a plan made while the tables were small could read them whole once they have grown, enable_seqscan is off.

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
    ELSIF p_session.paused_at IS NOT NULL AND NOT p_session.poll_open THEN
        v_found := v_found || 'PAUSED'::text;
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
           AND a.ended_at > greatest(now() - make_interval(secs => v_timing.undelivered_seconds), p_session.opened_at)) THEN
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
CREATE FUNCTION claim(p_limit integer, p_runners uuid[] DEFAULT NULL) RETURNS SETOF uuid LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$
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
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
    lease_left_seconds double precision, runner_name text, refusers text[], attempt_no integer
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
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
               ELSE '{}' END, a.attempt_no
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

-- What the runners of these attempts are told, in their order. It looks when it is called (it is volatile), so that one
-- statement can claim and read: SELECT … FROM offers(ARRAY(SELECT claim(…))).
CREATE FUNCTION offers(p_attempts uuid[])
RETURNS TABLE (
    execution_id uuid, attempt_id uuid, runner_id uuid, epoch bigint, registry_address text, slot integer, workflow_id uuid,
    workflow_name text, version integer, graph_sha256 text, inputs bytea, offer_seconds double precision,
    lease_seconds double precision, timeout_seconds double precision, attempt_no integer, run_attempt integer, mode text,
    draft boolean, continued boolean, actor_kind text, actor_id text, actor_name text, trigger_id uuid, created_at timestamptz
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    IF p_attempts = '{}' THEN RETURN; END IF;
    RETURN QUERY
        SELECT a.execution_id, a.id, a.runner_id, a.epoch, n.registry_address, a.slot, e.workflow_id, e.workflow_name,
               e.version, e.graph_sha256, e.inputs,
               greatest(extract(epoch FROM a.offer_expires_at - clock_timestamp()), 0)::double precision,
               a.lease_seconds, e.timeout_seconds, a.attempt_no, a.run_attempt, e.mode, e.draft,
               EXISTS (SELECT FROM continuation c WHERE c.execution_id = e.id), e.actor_kind, e.actor_id,
               e.actor_name, e.trigger_id, e.created_at
          FROM unnest(p_attempts) WITH ORDINALITY AS wanted (id, place)
          JOIN attempt a ON a.id = wanted.id
          JOIN execution e ON e.id = a.execution_id
          JOIN runner_session n ON n.runner_id = a.runner_id
         ORDER BY wanted.place;
END
$$;
