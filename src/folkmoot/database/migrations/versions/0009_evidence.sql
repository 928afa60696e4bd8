-- Evidence is unreadable at rest: each version has a key of its own, sealed with the master key. Without its row here a version
-- cannot be read by anybody, us included.
ALTER TABLE case_contents ADD COLUMN sealed bytea;
COMMENT ON COLUMN case_contents.sealed IS 'Text, warning, media, poll options and what it answers, sealed; the columns of these names stay empty.';
CREATE TABLE evidence_keys (
  content_id bigint PRIMARY KEY,
  sealed bytea NOT NULL,
  made_at timestamptz NOT NULL
);

-- Which pictures are evidence: no sweep takes these, whatever becomes of the post.
CREATE TABLE evidence_media (
  content_id bigint NOT NULL,
  object_key text NOT NULL,
  PRIMARY KEY (content_id, object_key)
);
CREATE INDEX evidence_media_by_key ON evidence_media (object_key);

-- Who looked at evidence by office, and why. Jurors' looks are their seats.
CREATE TABLE evidence_looks (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  account_id bigint,
  why text NOT NULL CHECK (why IN ('board', 'export', 'press')),
  detail text NOT NULL DEFAULT '',
  at timestamptz NOT NULL
);
CREATE INDEX evidence_looks_by_case ON evidence_looks (case_id, id DESC);

-- What was purged: the digest says of what, the entry of the public log that and when.
CREATE TABLE evidence_purges (
  case_id bigint PRIMARY KEY REFERENCES cases,
  contents integer NOT NULL,
  digest bytea NOT NULL,
  log_entry bigint NOT NULL,
  at timestamptz NOT NULL
);

-- Decisions shown to the press and to anybody, with what stewards left readable.
CREATE TABLE press_views (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  token text NOT NULL UNIQUE,
  shown text NOT NULL,
  why text NOT NULL,
  made_by bigint,
  made_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  withdrawn_by bigint
);
CREATE UNIQUE INDEX press_views_one ON press_views (case_id) WHERE withdrawn_at IS NULL;
