-- What every execution passes through is planned once for each connection, not at each call: planning took longer than
-- running (lock_work 1.3 ms against 0.5). Each statement in them reads by keys, so one plan suits all values.
ALTER FUNCTION claim(integer, uuid[]) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION claim_at_once(uuid, uuid) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION lock_work(uuid[], uuid[], double precision) SET plan_cache_mode = force_generic_plan;
-- A plan that was made while the tables were small must not read them whole once they have grown.
ALTER FUNCTION lock_work(uuid[], uuid[], double precision) SET enable_seqscan = off;
