-- A post that screening held has never been before anybody: it waits. One that was hidden later has been.
ALTER TABLE posts ADD COLUMN hidden_for text;
ALTER TABLE posts ADD COLUMN waiting boolean NOT NULL DEFAULT false;
ALTER TABLE posts ADD COLUMN violence real;
COMMENT ON COLUMN posts.violence IS 'Probability of violence by the screening of this version; null when it was not screened.';

ALTER TABLE media ADD COLUMN picture_hash text CHECK (picture_hash ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN media.picture_hash IS 'PDQ hash; null when the picture has too little in it to be told from others.';

-- What screening said of a text that it did not let pass, bound to the version it read.
CREATE TABLE findings (
  id bigint PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts,
  part text NOT NULL CHECK (part IN ('post', 'profile')),
  post_id bigint,
  version integer,
  outcome text NOT NULL CHECK (outcome IN ('case', 'hold')),
  probability real NOT NULL,
  category text NOT NULL,
  categories jsonb NOT NULL,
  because jsonb NOT NULL,
  versions jsonb NOT NULL,
  text text NOT NULL,
  language text,
  text_hash text,
  likeness bytea,
  pictures text[] NOT NULL DEFAULT '{}',
  found_by text NOT NULL DEFAULT 'publishing' CHECK (found_by IN ('publishing', 'editing', 'sweep')),
  created_at timestamptz NOT NULL,
  decision text CHECK (decision IN ('released', 'upheld', 'superseded')),
  decided_at timestamptz,
  decided_by bigint,
  case_id bigint,
  CHECK ((decision IS NULL) = (decided_at IS NULL))
);
CREATE INDEX findings_open ON findings (outcome, probability DESC, id) WHERE decision IS NULL;
CREATE INDEX findings_by_post ON findings (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX findings_by_day ON findings (created_at);
CREATE INDEX findings_by_account ON findings (account_id, id DESC);

-- How many texts were screened and how they scored, by day: what the charts and the question of drift need.
CREATE TABLE screened_days (
  day date NOT NULL,
  versions text NOT NULL,
  screened bigint NOT NULL,
  cases bigint NOT NULL,
  holds bigint NOT NULL,
  scores bigint[] NOT NULL,
  milliseconds double precision NOT NULL,
  PRIMARY KEY (day, versions)
);
COMMENT ON COLUMN screened_days.scores IS 'Twenty counts: how many probabilities of violence fell into each twentieth.';

-- Texts and pictures somebody has judged; a near copy of one need not be judged again.
CREATE TABLE judged (
  text_hash text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('removed', 'kept')),
  category text NOT NULL,
  likeness bytea NOT NULL,
  reference text NOT NULL,
  judged_at timestamptz NOT NULL,
  PRIMARY KEY (text_hash)
);
CREATE TABLE known_pictures (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  list text NOT NULL,
  reference text NOT NULL,
  category text NOT NULL,
  added_at timestamptz NOT NULL
);
CREATE INDEX known_pictures_by_list ON known_pictures (list);

-- What screening goes by: rule files, limits with their calibration. Nothing is overwritten, so anything can be rolled back.
CREATE TABLE screen_parts (
  id bigint PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('rules', 'limits')),
  name text NOT NULL,
  version text NOT NULL,
  content text NOT NULL,
  made_at timestamptz NOT NULL,
  made_by bigint,
  active boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX screen_parts_active ON screen_parts (kind, name) WHERE active;

-- Where the screening of what is already there stands; killed, it goes on from here.
CREATE TABLE sweeps (
  id bigint PRIMARY KEY,
  options jsonb NOT NULL,
  versions text NOT NULL,
  after_id bigint NOT NULL,
  until_id bigint NOT NULL,
  screened bigint NOT NULL DEFAULT 0,
  cases bigint NOT NULL DEFAULT 0,
  holds bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
