-- An offer that could not be delivered keeps a runner away from that execution only until it connects anew.

-- Every condition that keeps this execution from this runner now; empty when it can be claimed. The session is null
-- for a runner that never connected.
CREATE OR REPLACE FUNCTION obstacles(p_execution execution, p_demand demand, p_runner runner, p_session runner_session)
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
           AND a.ended_at > greatest(now() - make_interval(secs => v_timing.undelivered_seconds), p_session.opened_at)) THEN
        v_found := v_found || 'RECENTLY_UNDELIVERED'::text;
    END IF;
    RETURN v_found;
END
$$;
