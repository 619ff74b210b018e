-- What an editor saves by itself goes into one open version, so that a number stands for something a person meant. A
-- closed version never changes: executions and other workflows name it by its number.

ALTER TABLE workflow ADD COLUMN latest_saves integer NOT NULL DEFAULT 0 CHECK (latest_saves >= 0);
COMMENT ON COLUMN workflow.latest_saves IS 'Saves that went into the latest version: with its number, what a draft''s ETag says.';
UPDATE workflow SET latest_saves = 1 WHERE latest_version > 0;

ALTER TABLE workflow_version
    ADD COLUMN open     boolean NOT NULL DEFAULT false,
    ADD COLUMN saves    integer NOT NULL DEFAULT 1 CHECK (saves > 0),
    ADD COLUMN saved_at timestamptz NOT NULL DEFAULT now(),
    ADD CHECK (NOT open OR published_at IS NULL);
UPDATE workflow_version SET saved_at = created_at;

CREATE FUNCTION keep_closed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.open AND (NEW.open OR NEW.sha256 <> OLD.sha256 OR NEW.graph <> OLD.graph) THEN
        RAISE EXCEPTION 'version % of workflow % is closed', OLD.version, OLD.workflow_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER keep_closed_version BEFORE UPDATE ON workflow_version
    FOR EACH ROW EXECUTE FUNCTION keep_closed_version();

GRANT UPDATE (graph, sha256, canonical_sha256, open, saves, saved_at) ON workflow_version TO exekra_automation;
