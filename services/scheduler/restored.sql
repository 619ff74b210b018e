-- After the rows of a backup were put back (services/launcher/backup): what must not go on as if no time had passed. For the
-- rest a restored Hub is one that was down since the backup: its first tick extends leases and offers, runners that hold
-- work go on with it or report its end, and what nobody holds ends by its lease.

-- Runners that spoke to this Hub later than the backup learn that it has forgotten.
UPDATE hub_tick SET incarnation = gen_random_uuid();

-- What is queued may have been executed since. A person looks at it, and lets runners come back, before anything is assigned.
INSERT INTO dispatch_hold (reason, held_by)
VALUES ('Restored from a backup: look at what is queued, it may have run since. Then: exekra dispatch release', 'restore')
ON CONFLICT DO NOTHING;

-- Nobody knows which fires between the backup and now happened. None is repeated: what was planned or waited says so in the
-- ledger, one row stands for the rest, and backfill is a person's decision.
UPDATE fire SET outcome = 'MISSED', reason = 'RESTORED', decided_at = now()
 WHERE (outcome IS NULL AND fire_at <= now()) OR outcome IN ('HELD', 'QUEUED');
INSERT INTO fire (trigger_id, fire_at, due_at, outcome, reason, decided_at)
SELECT s.trigger_id, s.next_at, s.next_at, 'MISSED', 'RESTORED', now()
  FROM schedule s JOIN trigger t ON t.id = s.trigger_id
 WHERE t.enabled AND t.deleted_at IS NULL AND s.next_at <= now()
ON CONFLICT DO NOTHING;
UPDATE schedule SET planned_until = greatest(planned_until, now()), next_at = now() WHERE next_at <= now();
