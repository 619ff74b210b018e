-- Work queues, their items, and every handling of an item. Lock order: attempt of an execution, then item.

CREATE TABLE work_queue (
    id                    uuid PRIMARY KEY,
    name                  text NOT NULL,
    description           text NOT NULL DEFAULT '',
    unique_references     boolean NOT NULL DEFAULT false,
    max_retries           integer NOT NULL CHECK (max_retries BETWEEN 0 AND 100),
    retry_backoff_seconds double precision NOT NULL CHECK (retry_backoff_seconds >= 0),
    lease_seconds         double precision NOT NULL CHECK (lease_seconds > 0),
    on_lost               text NOT NULL CHECK (on_lost IN ('HOLD', 'RETRY')),
    -- JSON Schema; empty: any payload.
    payload_schema        bytea NOT NULL DEFAULT '',
    revision              integer NOT NULL DEFAULT 1,
    creator_kind          text NOT NULL,
    creator_id            text NOT NULL,
    creator_name          text NOT NULL,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX work_queue_name ON work_queue (lower(name));

CREATE TABLE work_item (
    id               uuid PRIMARY KEY,
    queue_id         uuid NOT NULL REFERENCES work_queue (id) ON DELETE CASCADE,
    reference        text NOT NULL DEFAULT '',
    -- The reference where the queue wants it unique.
    unique_reference text,
    payload          bytea NOT NULL,
    priority         smallint NOT NULL DEFAULT 50 CHECK (priority BETWEEN 1 AND 100),
    status           text NOT NULL DEFAULT 'NEW' CHECK (status IN
        ('NEW', 'IN_PROGRESS', 'SUCCESSFUL', 'FAILED', 'BUSINESS_FAILED', 'LOST', 'EXPIRED')),
    event            text NOT NULL DEFAULT 'ADD',
    ready_at         timestamptz NOT NULL,
    deadline_at      timestamptz,
    -- ready_at less one minute per point of priority: who waits long enough overtakes whatever is more urgent.
    order_at         timestamptz NOT NULL,
    -- Its time had not come when it was last looked at: takes pass it over without reading it.
    postponed        boolean NOT NULL DEFAULT false,
    attempt_no       integer NOT NULL DEFAULT 0,
    failures         integer NOT NULL DEFAULT 0,
    execution_id     uuid,
    attempt_id       uuid,
    taken_at         timestamptz,
    lease_expires_at timestamptz,
    settled_at       timestamptz,
    output           bytea,
    failure_code     text,
    failure_message  text,
    creator_kind     text NOT NULL,
    creator_id       text NOT NULL,
    creator_name     text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CHECK (status <> 'IN_PROGRESS' OR (execution_id IS NOT NULL AND attempt_id IS NOT NULL AND taken_at IS NOT NULL
                                       AND lease_expires_at IS NOT NULL)),
    CHECK ((status IN ('NEW', 'IN_PROGRESS')) = (settled_at IS NULL)),
    CHECK (NOT postponed OR status = 'NEW')
);
CREATE UNIQUE INDEX work_item_unique ON work_item (queue_id, unique_reference) WHERE unique_reference IS NOT NULL;
CREATE INDEX work_item_next ON work_item (queue_id, order_at, id) WHERE status = 'NEW' AND NOT postponed;
CREATE INDEX work_item_postponed ON work_item (queue_id, ready_at) WHERE postponed;
CREATE INDEX work_item_deadline ON work_item (deadline_at) WHERE status = 'NEW' AND deadline_at IS NOT NULL;
CREATE INDEX work_item_held ON work_item (lease_expires_at) WHERE status = 'IN_PROGRESS';
CREATE INDEX work_item_newest ON work_item (queue_id, created_at DESC, id DESC);
CREATE INDEX work_item_of_status ON work_item (queue_id, status, created_at DESC, id DESC);
CREATE INDEX work_item_reference ON work_item (queue_id, reference text_pattern_ops) WHERE reference <> '';
CREATE INDEX work_item_of_execution ON work_item (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX work_item_settled ON work_item (settled_at) WHERE status IN
    ('SUCCESSFUL', 'FAILED', 'BUSINESS_FAILED', 'EXPIRED');
ALTER TABLE work_item SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE work_item_attempt (
    item_id       uuid NOT NULL REFERENCES work_item (id) ON DELETE CASCADE,
    attempt_no    integer NOT NULL,
    queue_id      uuid NOT NULL,
    execution_id  uuid NOT NULL,
    attempt_id    uuid NOT NULL,
    node_id       text NOT NULL DEFAULT '',
    -- The node run that took it: asked again, it gets the same item.
    run           text NOT NULL,
    taken_at      timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    outcome       text CHECK (outcome IN ('SUCCESSFUL', 'SYSTEM_FAILED', 'BUSINESS_FAILED', 'LOST')),
    code          text,
    message       text,
    -- The runner's settlement; null while there is none, also when the Hub ended the handling itself.
    settlement_id uuid,
    late          boolean NOT NULL DEFAULT false,
    PRIMARY KEY (item_id, attempt_no),
    UNIQUE (attempt_id, run),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE work_item_attempt IS 'One handling of an item; the execution''s attempt is named in attempt_id.';
CREATE UNIQUE INDEX work_item_attempt_open ON work_item_attempt (item_id) WHERE ended_at IS NULL;
CREATE INDEX work_item_attempt_ended ON work_item_attempt (queue_id, ended_at) WHERE ended_at IS NOT NULL;

-- The same table as services/scheduler/queues/lifecycle.py; a test compares every cell.
CREATE FUNCTION next_item_status(p_status text, p_event text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_status
        WHEN 'NEW' THEN CASE p_event
            WHEN 'TAKE' THEN 'IN_PROGRESS'
            WHEN 'CHANGE' THEN 'NEW'
            WHEN 'EXPIRE' THEN 'EXPIRED'
            WHEN 'LATE_SUCCEED' THEN 'SUCCESSFUL'
            WHEN 'LATE_REJECT' THEN 'BUSINESS_FAILED'
        END
        WHEN 'IN_PROGRESS' THEN CASE p_event
            WHEN 'SUCCEED' THEN 'SUCCESSFUL'
            WHEN 'REJECT' THEN 'BUSINESS_FAILED'
            WHEN 'RETRY' THEN 'NEW'
            WHEN 'FAIL' THEN 'FAILED'
            WHEN 'LOSE' THEN 'LOST'
        END
        WHEN 'LOST' THEN CASE p_event
            WHEN 'LATE_SUCCEED' THEN 'SUCCESSFUL'
            WHEN 'LATE_REJECT' THEN 'BUSINESS_FAILED'
            WHEN 'LATE_RETRY' THEN 'NEW'
            WHEN 'LATE_FAIL' THEN 'FAILED'
            WHEN 'RESOLVE_SUCCESSFUL' THEN 'SUCCESSFUL'
            WHEN 'RESOLVE_FAILED' THEN 'BUSINESS_FAILED'
            WHEN 'REOPEN' THEN 'NEW'
        END
        WHEN 'FAILED' THEN CASE p_event
            WHEN 'LATE_SUCCEED' THEN 'SUCCESSFUL'
            WHEN 'LATE_REJECT' THEN 'BUSINESS_FAILED'
            WHEN 'REOPEN' THEN 'NEW'
        END
        WHEN 'BUSINESS_FAILED' THEN CASE p_event
            WHEN 'REOPEN' THEN 'NEW'
        END
        WHEN 'EXPIRED' THEN CASE p_event
            WHEN 'REOPEN' THEN 'NEW'
        END
    END
$$;

-- Refuses every other step, keeps the order of waiting items, and tells whoever wants such events.
CREATE FUNCTION guard_work_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'NEW' OR NEW.event <> 'ADD' THEN
            RAISE EXCEPTION 'work item %: begins as NEW by ADD', NEW.id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF (NEW.status, NEW.event) IS DISTINCT FROM (OLD.status, OLD.event)
        AND next_item_status(OLD.status, NEW.event) IS DISTINCT FROM NEW.status THEN
        RAISE EXCEPTION 'work item %: % by % to % is no transition', OLD.id, OLD.status, NEW.event, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.updated_at := now();
    NEW.order_at := NEW.ready_at - NEW.priority * interval '1 minute';
    NEW.postponed := NEW.status = 'NEW' AND NEW.ready_at > now();
    NEW.settled_at := CASE WHEN NEW.status NOT IN ('NEW', 'IN_PROGRESS') THEN now() END;
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND NEW.status NOT IN ('NEW', 'IN_PROGRESS') THEN
        PERFORM emit_event('queue.item_' || lower(NEW.status), 'work_item', NEW.id::text, 'work_item:' || NEW.id,
            json_build_object('itemId', NEW.id, 'queueId', NEW.queue_id,
                'queue', (SELECT name FROM work_queue WHERE id = NEW.queue_id), 'reference', nullif(NEW.reference, ''),
                'attempt', NEW.attempt_no, 'executionId', NEW.execution_id, 'failure', CASE WHEN NEW.failure_code IS NOT NULL
                THEN json_build_object('code', NEW.failure_code, 'message', NEW.failure_message) END));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER work_item_added BEFORE INSERT ON work_item FOR EACH ROW EXECUTE FUNCTION guard_work_item();
CREATE TRIGGER work_item_changed BEFORE UPDATE OF status, event, ready_at, priority, deadline_at ON work_item FOR EACH ROW
    EXECUTE FUNCTION guard_work_item();

GRANT SELECT, INSERT, UPDATE, DELETE ON work_queue, work_item, work_item_attempt TO exekra_automation;
