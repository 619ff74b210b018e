-- Executions that do not begin at their beginning: forks, resumed waits, called workflows, debugging. And approvals.

ALTER TABLE node_run DROP CONSTRAINT node_run_status_check;
ALTER TABLE node_run ADD CONSTRAINT node_run_status_check CHECK (status IN
    ('RUNNING', 'RETRIED', 'COMPLETED', 'FAILED', 'SKIPPED', 'STOPPED', 'PAUSED', 'REUSED', 'WAITING'));
ALTER TABLE node_run ADD COLUMN port text NOT NULL DEFAULT '', ADD COLUMN variables bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN node_run.variables IS 'What the run wrote, as JSON: an object, or true when its output says it.';
