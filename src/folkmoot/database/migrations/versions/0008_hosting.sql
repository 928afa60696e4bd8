-- While a standby follows: one beat a second, written where the network lives and read back there. The one proof that it is fresh.
CREATE TABLE heartbeats (
  side text PRIMARY KEY,
  beat bigint NOT NULL,
  at timestamptz NOT NULL
);

-- How well it follows by its own word, for the page of those who run the network.
CREATE TABLE standby_reports (
  side text PRIMARY KEY,
  report jsonb NOT NULL,
  at timestamptz NOT NULL
);

-- What a standby has not seen of the manifest.
CREATE INDEX objects_by_time ON objects (created_at, key);

-- Each time the network changed hosts an epoch began; the newest one is also in DATA/hosting.json of whoever is the first.
CREATE TABLE epochs (
    epoch bigint PRIMARY KEY CHECK (epoch > 1),
    began_at timestamptz NOT NULL,
    host text NOT NULL,
    how text NOT NULL
);

-- Rehearsals on the real pair of hosts, and what came of them.
CREATE TABLE rehearsals (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 3),
    well boolean NOT NULL,
    held_ms real,
    outcome jsonb NOT NULL
);

-- Backups: what was made and what came of restoring it for trial. The repository knows all of this, too; here it is
-- remembered so that a storage which forgets is noticed, and so that pages can warn.

CREATE TABLE backups (
    name text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('full', 'incremental')),
    made_at timestamptz NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    sealed_size bigint NOT NULL CHECK (sealed_size >= 0),
    manifest text NOT NULL,
    verified_at timestamptz,
    whole boolean,
    words text NOT NULL DEFAULT '',
    CHECK ((verified_at IS NULL) = (whole IS NULL))
);
COMMENT ON TABLE backups IS 'Backups that were made and not pruned; manifest is a digest, whole says whether the last trial restore found everything.';
