-- The public log: one row, held by whoever gives entries their places. The origin is the log's name for ever.
CREATE TABLE log_trees (
  origin text PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX log_trees_one ON log_trees ((true));

-- Entries as deeds write them, in the deed's own transaction; they wait here for a place.
CREATE TABLE log_queue (
  id bigint PRIMARY KEY,
  deed text NOT NULL,
  body bytea NOT NULL CHECK (length(body) BETWEEN 1 AND 65535),
  subjects text[] NOT NULL,
  at timestamptz NOT NULL
);

-- Entries in their places; the bytes never change.
CREATE TABLE log_entries (
  place bigint PRIMARY KEY CHECK (place >= 0),
  id bigint NOT NULL UNIQUE,
  deed text NOT NULL,
  body bytea NOT NULL,
  subjects text[] NOT NULL,
  at timestamptz NOT NULL
);
COMMENT ON COLUMN log_entries.subjects IS 'Whom it concerns, as kind:number; known here only, and emptied with the salt.';
CREATE INDEX log_entries_of_itself ON log_entries (place) WHERE deed LIKE 'log.%';
CREATE INDEX log_entries_by_subject ON log_entries USING gin (subjects);

-- Hashes of the tree, 256 a tile (C2SP tlog-tiles); the last tile of a level grows until it is full.
CREATE TABLE log_tiles (
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
  number bigint NOT NULL CHECK (number >= 0),
  hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, number)
);

-- What was signed: a size and the root of the tree at that size, with the log's signatures and the witnesses'.
CREATE TABLE log_checkpoints (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL,
  signatures text[] NOT NULL,
  cosignatures text[] NOT NULL DEFAULT '{}',
  made_at timestamptz NOT NULL
);
CREATE INDEX log_checkpoints_witnessed ON log_checkpoints (size) WHERE cosignatures <> '{}';

-- The keys the log signed with; the private halves are secrets. `until`: no checkpoint is signed with it from then on.
CREATE TABLE log_keys (
  number integer PRIMARY KEY,
  verifier text NOT NULL UNIQUE,
  made_at timestamptz NOT NULL,
  until timestamptz
);

-- Others who watch that the log only grows. `seen` is the size they last put their name to.
CREATE TABLE log_witnesses (
  verifier text PRIMARY KEY,
  url text NOT NULL DEFAULT '',
  seen bigint NOT NULL DEFAULT 0,
  added_at timestamptz NOT NULL,
  removed_at timestamptz,
  asked_at timestamptz,
  answer text NOT NULL DEFAULT ''
);

-- What turns a pseudonym in the log back into a person, a case or a notice. Deleted, it means nothing any more.
CREATE TABLE log_salts (
  subject text PRIMARY KEY,
  salt bytea NOT NULL CHECK (length(salt) = 16)
);
