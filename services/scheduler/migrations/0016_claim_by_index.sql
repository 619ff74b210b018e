-- A plan of claim that was made while the tables were small read all executions, also of those that claim calls.
ALTER FUNCTION claim(integer, uuid[]) SET enable_seqscan = off;
ALTER FUNCTION claim_at_once(uuid, uuid) SET enable_seqscan = off;
