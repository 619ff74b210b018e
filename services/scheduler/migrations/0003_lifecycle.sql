-- What an execution may become: the table of steps, and the trigger that enforces it and writes the history.

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
            WHEN 'RESUME' THEN 'QUEUED'
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
            WHEN 'SUSPEND' THEN 'QUEUED'
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
