-- Webhooks in: the details of webhook triggers, and the inbox of what was delivered to them.

CREATE TABLE webhook (
    trigger_id       uuid PRIMARY KEY REFERENCES trigger (id),
    -- Deliveries are found by the hash of the token in their address; the token lies sealed beside it, to be shown.
    token_sha256     bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    token            bytea NOT NULL,
    auth_type        text NOT NULL CHECK (auth_type IN
        ('none', 'bearer', 'basic', 'github', 'stripe', 'slack', 'standard-webhooks', 'twilio', 'hmac')),
    auth_options     json NOT NULL DEFAULT '{}',
    -- Sealed; the one before is accepted too until its time is over. Sealed under secret_version and the number before.
    secret           bytea,
    secret_version   integer NOT NULL DEFAULT 0,
    previous_secret  bytea,
    previous_until   timestamptz,
    filter           text NOT NULL DEFAULT '',
    allowed_ips      cidr[] NOT NULL DEFAULT '{}',
    -- Deliveries a minute; null: the Hub's default.
    rate_limit       integer CHECK (rate_limit >= 1),
    CHECK ((auth_type = 'none') = (secret IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);

CREATE TABLE delivery (
    -- UUIDv7: the order of arrival.
    id           uuid PRIMARY KEY,
    -- No foreign key: every delivery would share-lock its trigger's row.
    trigger_id   uuid NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    outcome      text NOT NULL CHECK (outcome IN ('ACCEPTED', 'HELD', 'IGNORED', 'REFUSED')),
    reason       text NOT NULL DEFAULT '',
    message      text NOT NULL DEFAULT '',
    execution_id uuid,
    dedupe_id    text NOT NULL DEFAULT '',
    ip           text NOT NULL,
    method       text NOT NULL,
    query        text NOT NULL DEFAULT '',
    -- A list of [name, value] as they came; values that let somebody in are replaced before they get here.
    headers      json NOT NULL,
    body         bytea NOT NULL,
    replay_of    uuid,
    CHECK ((outcome = 'ACCEPTED') = (execution_id IS NOT NULL))
);
COMMENT ON TABLE delivery IS 'The inbox: every delivery that came from who it should, as it came.';
-- A refused one may be sent again.
CREATE UNIQUE INDEX delivery_dedupe ON delivery (trigger_id, dedupe_id) WHERE dedupe_id <> '' AND outcome <> 'REFUSED';
CREATE INDEX delivery_newest ON delivery (trigger_id, id);
CREATE INDEX delivery_held ON delivery (trigger_id, id) WHERE outcome = 'HELD';

CREATE TABLE webhook_rejection (
    trigger_id uuid NOT NULL,
    reason     text NOT NULL,
    ip         text NOT NULL,
    -- Of the latest one.
    message    text NOT NULL,
    times      bigint NOT NULL CHECK (times >= 1),
    first_at   timestamptz NOT NULL DEFAULT now(),
    last_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trigger_id, reason, ip)
);
COMMENT ON TABLE webhook_rejection IS 'Deliveries that were not let in: counted, never stored.';
CREATE INDEX webhook_rejection_latest ON webhook_rejection (trigger_id, last_at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_rejection TO exekra_automation;
GRANT SELECT, INSERT, UPDATE ON webhook TO exekra_automation;
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery TO exekra_automation;
