-- Calendars: sets of days on which schedules may or may not run, and the ICS documents some of their days come from.
-- Schedules name calendars in schedule.calendars; whoever adds one there has share-locked its row before.

CREATE TABLE calendar (
    id           uuid PRIMARY KEY,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description  text NOT NULL DEFAULT '',
    kind         text NOT NULL CHECK (kind IN ('ALLOWED', 'BLOCKED')),
    timezone     text NOT NULL,
    entries      bytea NOT NULL DEFAULT '[]',
    revision     integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    creator_kind text NOT NULL,
    creator_id   text NOT NULL,
    creator_name text NOT NULL
);
CREATE UNIQUE INDEX calendar_name ON calendar (lower(name));
COMMENT ON COLUMN calendar.timezone IS 'Decides which days an event with a time falls on.';
COMMENT ON COLUMN calendar.entries IS 'A JSON list as the API takes it.';
COMMENT ON COLUMN calendar.revision IS 'Counts every change, imports included: the ETag, and what readers remember rules by.';

CREATE TABLE calendar_source (
    calendar_id   uuid PRIMARY KEY REFERENCES calendar (id) ON DELETE CASCADE,
    -- Empty: it was uploaded.
    url           text NOT NULL DEFAULT '',
    -- The last good copy, kept to work the days out again as time goes on.
    document      bytea NOT NULL,
    sha256        text NOT NULL,
    days          bytea NOT NULL,
    events        integer NOT NULL,
    notes         text[] NOT NULL DEFAULT '{}',
    etag          text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    fetched_at    timestamptz NOT NULL DEFAULT now(),
    checked_at    timestamptz NOT NULL DEFAULT now(),
    next_check_at timestamptz NOT NULL,
    failures      integer NOT NULL DEFAULT 0,
    problem       text NOT NULL DEFAULT ''
);
CREATE INDEX calendar_source_due ON calendar_source (next_check_at);
COMMENT ON COLUMN calendar_source.days IS 'A JSON object of days and titles, worked out from the document.';
COMMENT ON COLUMN calendar_source.problem IS 'Why the last look failed; empty when it went well.';

GRANT SELECT, INSERT, UPDATE, DELETE ON calendar, calendar_source TO exekra_automation;
