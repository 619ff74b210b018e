-- What the runners of these attempts are told, in their order. It looks when it is called (it is volatile), so that one
-- statement can claim and read: SELECT … FROM offers(ARRAY(SELECT claim(…))).
CREATE FUNCTION offers(p_attempts uuid[])
RETURNS TABLE (
    execution_id uuid, attempt_id uuid, runner_id uuid, epoch bigint, registry_address text, slot integer, workflow_id uuid,
    workflow_name text, version integer, graph_sha256 text, inputs bytea, offer_seconds double precision,
    lease_seconds double precision, timeout_seconds double precision, attempt_no integer, run_attempt integer, mode text,
    draft boolean, actor_kind text, actor_id text, actor_name text, trigger_id uuid, created_at timestamptz
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    IF p_attempts = '{}' THEN RETURN; END IF;
    RETURN QUERY
        SELECT a.execution_id, a.id, a.runner_id, a.epoch, n.registry_address, a.slot, e.workflow_id, e.workflow_name,
               e.version, e.graph_sha256, e.inputs,
               greatest(extract(epoch FROM a.offer_expires_at - clock_timestamp()), 0)::double precision,
               a.lease_seconds, e.timeout_seconds, a.attempt_no, a.run_attempt, e.mode, e.draft, e.actor_kind, e.actor_id,
               e.actor_name, e.trigger_id, e.created_at
          FROM unnest(p_attempts) WITH ORDINALITY AS wanted (id, place)
          JOIN attempt a ON a.id = wanted.id
          JOIN execution e ON e.id = a.execution_id
          JOIN runner_session n ON n.runner_id = a.runner_id
         ORDER BY wanted.place;
END
$$;
