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
    paused_at        timestamptz,
    paused_by        text NOT NULL DEFAULT '',
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
        ('NOT_BEFORE', 'RETRY_BACKOFF', 'LOST_GRACE', 'DISPATCH_BACKOFF', 'CONCURRENCY', 'APPROVAL', 'DELAY')),
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
                                           'OK', 'FAILED', 'STOPPED', 'SUSPENDED', 'LOST')),
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

-- Each execution leaves several dead versions of its rows behind: cleaned and counted early, claims stay fast.
ALTER TABLE execution SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE attempt SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE seat SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE runner_session SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    runner, runner_session, seat, demand, execution, attempt, execution_event, dispatch_hold, registry_link, licence_verdict
    TO exekra_automation;
GRANT SELECT, UPDATE ON hub_tick, dispatch_timing TO exekra_automation;
