-- What starts executions by itself: triggers of either kind, the details of schedules, and the ledger of their fires.
-- Lock order: trigger, then schedule, then fire, then execution. Only this server's clock decides what is due.

CREATE TABLE trigger (
    id                    uuid PRIMARY KEY,
    kind                  text NOT NULL CHECK (kind IN ('SCHEDULE', 'WEBHOOK')),
    workflow_id           uuid NOT NULL REFERENCES workflow (id),
    name                  text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    enabled               boolean NOT NULL,
    -- Of every execution it starts.
    inputs                bytea NOT NULL DEFAULT '{}',
    priority              smallint NOT NULL DEFAULT 50 CHECK (priority BETWEEN 1 AND 100),
    labels                text[] NOT NULL DEFAULT '{}',
    dedupe_key            text,
    timeout_seconds       double precision NOT NULL DEFAULT 0 CHECK (timeout_seconds >= 0),
    queue_timeout_seconds double precision NOT NULL DEFAULT 86400 CHECK (queue_timeout_seconds >= 0),
    -- OPEN: it failed too often in a row, what comes is held. PROBING: one is tried.
    breaker               text NOT NULL DEFAULT 'CLOSED' CHECK (breaker IN ('CLOSED', 'OPEN', 'PROBING')),
    revision              integer NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    creator_kind          text NOT NULL,
    creator_id            text NOT NULL,
    creator_name          text NOT NULL,
    deleted_at            timestamptz
);
COMMENT ON COLUMN trigger.labels IS 'Labels its executions demand of a runner, beside those of the workflow.';
COMMENT ON COLUMN trigger.revision IS 'Counts changes by people: the ETag. The breaker does not change it.';
CREATE INDEX trigger_newest ON trigger (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX trigger_of_workflow ON trigger (workflow_id) WHERE deleted_at IS NULL;

CREATE TABLE schedule (
    trigger_id       uuid PRIMARY KEY REFERENCES trigger (id),
    -- Exactly one of the three says when.
    cron             text,
    interval_seconds integer CHECK (interval_seconds >= 1),
    at               timestamptz,
    -- An interval's fires are anchor_at + n * interval, whatever happened to earlier ones.
    anchor_at        timestamptz NOT NULL,
    timezone         text NOT NULL,
    starts_at        timestamptz,
    ends_at          timestamptz,
    jitter_seconds   integer NOT NULL DEFAULT 0 CHECK (jitter_seconds >= 0),
    misfire_policy   text NOT NULL CHECK (misfire_policy IN ('ONCE', 'ALL', 'SKIP')),
    misfire_max      integer NOT NULL CHECK (misfire_max >= 1),
    grace_seconds    double precision NOT NULL CHECK (grace_seconds >= 0),
    overlap          text NOT NULL CHECK (overlap IN ('ALLOW', 'QUEUE', 'SKIP', 'STOP_PREVIOUS')),
    calendars        uuid[] NOT NULL DEFAULT '{}',
    -- The ledger holds every fire up to planned_until; next_at is the first one after it, null when there is none
    -- (it is over, or disabled).
    planned_until    timestamptz NOT NULL DEFAULT now(),
    next_at          timestamptz,
    -- Fingerprint of the zone's rules that the plan was made with.
    zone_data        text NOT NULL DEFAULT '',
    -- Executions of this trigger that had not ended when it fired last; not kept while overlap is allowed.
    live_executions  uuid[] NOT NULL DEFAULT '{}',
    CHECK (num_nonnulls(cron, interval_seconds, at) = 1),
    CHECK (ends_at > starts_at)
);
CREATE INDEX schedule_next ON schedule (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedule_calendars ON schedule USING gin (calendars) WHERE calendars <> '{}';

CREATE TABLE fire (
    -- No foreign key: each of thousands of fires in a second would lock its trigger's row. Triggers are never removed.
    trigger_id   uuid NOT NULL,
    -- The instant the schedule names; due_at adds the jitter.
    fire_at      timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    origin       text NOT NULL DEFAULT 'PLAN' CHECK (origin IN ('PLAN', 'PERSON')),
    -- Null while it is planned. HELD and QUEUED are waited for and become another one of these.
    outcome      text CHECK (outcome IN ('FIRED', 'HELD', 'COALESCED', 'QUEUED', 'SKIPPED', 'LATE', 'MISSED', 'BACKFILLED',
                                         'DUPLICATE')),
    reason       text NOT NULL DEFAULT '',
    execution_id uuid,
    -- Of a COALESCED one: the fire that stands for it.
    merged_into  timestamptz,
    -- The calendar's word against it, given when it was planned.
    blocked_by   text NOT NULL DEFAULT '',
    -- One row may stand for a long run of missed instants: so many, the last of them at span_until.
    instants     integer NOT NULL DEFAULT 1 CHECK (instants >= 1),
    span_until   timestamptz,
    planned_at   timestamptz NOT NULL DEFAULT now(),
    decided_at   timestamptz,
    UNIQUE (trigger_id, fire_at),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((outcome IN ('FIRED', 'LATE', 'BACKFILLED', 'DUPLICATE')) = (execution_id IS NOT NULL) OR outcome IS NULL),
    CHECK ((span_until IS NULL) = (instants = 1))
);
COMMENT ON TABLE fire IS 'The ledger: every due fire of a schedule, and every fire by hand of any trigger, is one row.';
CREATE INDEX fire_due ON fire (due_at) WHERE outcome IS NULL;
CREATE INDEX fire_open ON fire (trigger_id, fire_at) WHERE outcome IS NULL;
CREATE INDEX fire_waiting ON fire (trigger_id, outcome, fire_at) WHERE outcome IN ('HELD', 'QUEUED');
CREATE INDEX fire_age ON fire (decided_at) WHERE decided_at IS NOT NULL;

-- Forgets what is planned of these schedules for times to come, and has it planned anew (calendars or time zones changed).
-- A fire whose time has come stays; instants that were not planned in time are still found.
CREATE FUNCTION replan_schedules(p_triggers uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM unnest(p_triggers) AS wanted (id) JOIN schedule s ON s.trigger_id = wanted.id
      ORDER BY s.trigger_id FOR UPDATE OF s;
    DELETE FROM fire f USING unnest(p_triggers) AS wanted (id)
     WHERE f.trigger_id = wanted.id AND f.outcome IS NULL AND f.fire_at > now();
    UPDATE schedule s SET planned_until = least(planned_until, now()), next_at = now()
      FROM unnest(p_triggers) AS wanted (id) JOIN trigger t ON t.id = wanted.id
     WHERE s.trigger_id = wanted.id AND t.enabled AND t.deleted_at IS NULL;
END
$$;

-- A deleted workflow takes its triggers with it, whoever deletes it.
CREATE FUNCTION delete_triggers_of_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_gone uuid[];
BEGIN
    WITH gone AS (
        UPDATE trigger SET deleted_at = now(), updated_at = now(), enabled = false, revision = revision + 1
         WHERE workflow_id = NEW.id AND deleted_at IS NULL RETURNING id)
    SELECT array_agg(id) INTO v_gone FROM gone;
    UPDATE schedule SET next_at = NULL WHERE trigger_id = ANY (v_gone);
    DELETE FROM fire WHERE trigger_id = ANY (v_gone) AND outcome IS NULL AND fire_at > now();
    UPDATE fire SET outcome = 'SKIPPED', reason = 'WORKFLOW_NOT_FOUND', decided_at = now()
     WHERE trigger_id = ANY (v_gone) AND outcome IN ('HELD', 'QUEUED');
    RETURN NULL;
END
$$;
CREATE TRIGGER workflow_deleted AFTER UPDATE OF deleted_at ON workflow FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION delete_triggers_of_workflow();

ALTER TABLE fire SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

GRANT SELECT, INSERT, UPDATE ON trigger, schedule TO exekra_automation;
GRANT SELECT, INSERT, UPDATE, DELETE ON fire TO exekra_automation;
