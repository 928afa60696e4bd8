-- Keys and the like, sealed with the master key, which is not in the database.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  sealed bytea NOT NULL,
  made_at timestamptz NOT NULL
);
