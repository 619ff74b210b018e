-- What administrators set for the whole installation. Null: nobody has set it.

ALTER TABLE installation
  ADD COLUMN name text CHECK (length(name) BETWEEN 1 AND 60),
  ADD COLUMN time_zone text CHECK (length(time_zone) BETWEEN 1 AND 64),
  ADD COLUMN revision integer NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

GRANT UPDATE (name, time_zone, revision, updated_at) ON installation TO exekra_identity;
