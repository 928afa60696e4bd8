-- Cases: what is judged, bound to the versions that were seen. The row is the fold of its events, kept beside them.
CREATE TABLE cases (
  id bigint PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('received', 'open', 'triaged', 'empanelled', 'voting', 'escalated', 'decided',
    'enforced', 'appealable', 'appealed', 'upheld', 'reversed', 'closed')),
  version integer NOT NULL,
  round smallint NOT NULL DEFAULT 1,
  severity text NOT NULL CHECK (severity IN ('threat', 'serious', 'ordinary')),
  category text NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  content_id bigint NOT NULL,
  text_hash text,
  likeness bytea,
  pictures text[] NOT NULL DEFAULT '{}',
  bands bigint[] NOT NULL DEFAULT '{}',
  score double precision,
  because jsonb NOT NULL DEFAULT '[]',
  prior double precision NOT NULL,
  belief double precision NOT NULL,
  ballots integer NOT NULL DEFAULT 0,
  seats_free integer NOT NULL DEFAULT 0,
  reach double precision NOT NULL DEFAULT 0,
  stake double precision NOT NULL DEFAULT 0,
  target_at timestamptz NOT NULL,
  place double precision NOT NULL DEFAULT 0,
  hidden_at timestamptz,
  first_hidden_at timestamptz,
  overridden boolean NOT NULL DEFAULT false,
  source text NOT NULL CHECK (source IN ('report', 'notice', 'trusted', 'own', 'order')),
  life_at_risk boolean NOT NULL DEFAULT false,
  frozen boolean NOT NULL DEFAULT false,
  reports integer NOT NULL DEFAULT 0,
  deadline_at timestamptz,
  opened_at timestamptz NOT NULL,
  decided_at timestamptz,
  verdict text CHECK (verdict IN ('remove', 'keep')),
  measure text CHECK (measure IN ('remove', 'warn', 'label', 'keep')),
  rule_id bigint,
  decided_by text CHECK (decided_by IN ('jury', 'stewards', 'clock')),
  closed_at timestamptz,
  erased_at timestamptz,
  CHECK ((verdict IS NULL) = (decided_by IS NULL))
) WITH (fillfactor = 80);
COMMENT ON COLUMN cases.stake IS 'Severity, probability and reach: the part of the priority that time does not change.';
COMMENT ON COLUMN cases.place IS 'Priority with the age counted from a fixed day, so that the order stays as time passes.';
COMMENT ON COLUMN cases.bands IS 'Parts of the MinHash and of the picture hashes: near-copies share at least one.';
CREATE INDEX cases_to_judge ON cases (place DESC, id) WHERE seats_free > 0 AND state IN ('empanelled', 'voting', 'appealed');
CREATE INDEX cases_by_state ON cases (state, id DESC);
CREATE INDEX cases_by_account ON cases (account_id, id DESC);
CREATE INDEX cases_by_bands ON cases USING gin (bands) WHERE decided_at IS NULL;
CREATE INDEX cases_decided ON cases (decided_at) WHERE decided_at IS NOT NULL;

-- What happened to a case, in order; never changed. The same key twice is the same event.
CREATE TABLE case_events (
  case_id bigint NOT NULL REFERENCES cases,
  number integer NOT NULL,
  step text NOT NULL,
  key text NOT NULL,
  by_id bigint,
  about bigint,
  why text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (case_id, number),
  UNIQUE (case_id, key)
);

-- The evidence: a version of a post (or of a profile) as it was, whatever becomes of it.
CREATE TABLE case_contents (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  account_id bigint NOT NULL,
  post_id bigint,
  version integer NOT NULL,
  text text NOT NULL,
  warning text NOT NULL DEFAULT '',
  sensitive boolean NOT NULL DEFAULT false,
  media jsonb NOT NULL DEFAULT '[]',
  poll_options jsonb,
  reply_to text,
  language text,
  visibility text,
  text_hash text,
  written_at timestamptz NOT NULL,
  captured_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX case_contents_once ON case_contents (case_id, coalesce(post_id, -account_id), version);

-- The posts one verdict covers: the first, its copies, and what somebody reported along with them.
CREATE TABLE case_posts (
  case_id bigint NOT NULL REFERENCES cases,
  post_id bigint NOT NULL,
  account_id bigint NOT NULL,
  version integer NOT NULL,
  content_id bigint NOT NULL,
  why text NOT NULL CHECK (why IN ('first', 'same_text', 'alike', 'picture', 'inherited')),
  joined_at timestamptz NOT NULL,
  released_at timestamptz,
  PRIMARY KEY (case_id, post_id)
);
CREATE INDEX case_posts_by_post ON case_posts (post_id, case_id DESC);

-- Whom jurors must not know: authors, whom the posts name, and the first reporters.
CREATE TABLE case_parties (
  case_id bigint NOT NULL REFERENCES cases,
  account_id bigint NOT NULL,
  part text NOT NULL CHECK (part IN ('author', 'reporter', 'mentioned')),
  PRIMARY KEY (case_id, account_id, part)
);

-- Somebody objects.
CREATE TABLE reports (
  id bigint PRIMARY KEY,
  reporter_id bigint,
  account_id bigint NOT NULL REFERENCES accounts,
  category text NOT NULL CHECK (category IN ('violation', 'spam', 'legal', 'other')),
  posts bigint[] NOT NULL DEFAULT '{}',
  rule_ids bigint[] NOT NULL DEFAULT '{}',
  comment text NOT NULL DEFAULT '',
  name text,
  email text,
  is_exempt boolean NOT NULL DEFAULT false,
  receipt_hash bytea,
  origin text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('upheld', 'refused')),
  outcome_at timestamptz,
  told_at timestamptz
);
CREATE UNIQUE INDEX reports_by_receipt ON reports (receipt_hash) WHERE receipt_hash IS NOT NULL;
CREATE INDEX reports_by_reporter ON reports (reporter_id, id DESC) WHERE reporter_id IS NOT NULL;
CREATE INDEX reports_by_account ON reports (account_id, id DESC);
CREATE INDEX reports_by_origin ON reports (origin, id DESC) WHERE origin <> '';

-- Which cases a report belongs to; `joined_at` once the case has taken note of it.
CREATE TABLE case_reports (
  case_id bigint NOT NULL REFERENCES cases,
  report_id bigint NOT NULL REFERENCES reports,
  post_id bigint,
  reporter_id bigint,
  joined_at timestamptz,
  outcome text CHECK (outcome IN ('upheld', 'refused')),
  PRIMARY KEY (case_id, report_id)
);
CREATE INDEX case_reports_by_report ON case_reports (report_id);
CREATE INDEX case_reports_by_reporter ON case_reports (reporter_id, case_id) WHERE reporter_id IS NOT NULL;
CREATE INDEX case_reports_waiting ON case_reports (case_id) WHERE joined_at IS NULL;

-- Volunteers. The record is the fold of `scorings`, kept beside them; exposure is that of `exposed_on`.
CREATE TABLE jurors (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  since timestamptz NOT NULL,
  qualified_at timestamptz,
  stepped_down_at timestamptz,
  sent_back_at timestamptz,
  opted_out text[] NOT NULL DEFAULT '{}',
  hit double precision NOT NULL DEFAULT 0,
  missed double precision NOT NULL DEFAULT 0,
  cleared double precision NOT NULL DEFAULT 0,
  accused double precision NOT NULL DEFAULT 0,
  record_at timestamptz NOT NULL,
  ring bigint,
  given integer NOT NULL DEFAULT 0,
  controls_given integer NOT NULL DEFAULT 0,
  lapses integer NOT NULL DEFAULT 0,
  cases_helped integer NOT NULL DEFAULT 0,
  exposure jsonb NOT NULL DEFAULT '{}',
  exposed_on date,
  seat_at timestamptz
) WITH (fillfactor = 80);

CREATE TABLE practice_answers (
  account_id bigint NOT NULL REFERENCES accounts,
  practice text NOT NULL,
  attempt smallint NOT NULL,
  choice text NOT NULL,
  is_right boolean NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, practice, attempt)
);

-- A seat is a lease; its row is the timer that ends it.
CREATE TABLE seats (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  juror_id bigint NOT NULL REFERENCES jurors,
  round smallint NOT NULL,
  content_id bigint NOT NULL,
  is_control boolean NOT NULL DEFAULT false,
  taken_at timestamptz NOT NULL,
  lease_until timestamptz NOT NULL,
  ended_at timestamptz,
  ended_how text CHECK (ended_how IN ('cast', 'lapsed', 'passed', 'edited', 'closed', 'excluded')),
  CHECK ((ended_at IS NULL) = (ended_how IS NULL))
);
CREATE UNIQUE INDEX seats_once ON seats (case_id, juror_id, round) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX seats_one_at_a_time ON seats (juror_id) WHERE ended_at IS NULL;
CREATE INDEX seats_by_case ON seats (case_id, juror_id);
CREATE INDEX seats_by_juror ON seats (juror_id, id DESC);
CREATE INDEX seats_due ON seats (lease_until) WHERE ended_at IS NULL;

CREATE TABLE ballots (
  id bigint PRIMARY KEY,
  seat_id bigint NOT NULL REFERENCES seats,
  case_id bigint NOT NULL REFERENCES cases,
  juror_id bigint NOT NULL,
  round smallint NOT NULL,
  content_id bigint NOT NULL,
  is_control boolean NOT NULL DEFAULT false,
  choice text NOT NULL CHECK (choice IN ('breaks', 'fine', 'reports', 'unsure', 'threat')),
  rule_id bigint,
  if_breaks double precision NOT NULL CHECK (if_breaks > 0 AND if_breaks < 1),
  if_fine double precision NOT NULL CHECK (if_fine > 0 AND if_fine < 1),
  ring bigint,
  seconds real NOT NULL,
  cast_at timestamptz NOT NULL,
  voided_at timestamptz,
  voided_why text,
  CHECK ((voided_at IS NULL) = (voided_why IS NULL))
);
CREATE UNIQUE INDEX ballots_once ON ballots (seat_id) WHERE voided_at IS NULL;
CREATE UNIQUE INDEX ballots_one_a_juror ON ballots (case_id, juror_id, round) WHERE voided_at IS NULL;
CREATE INDEX ballots_by_juror ON ballots (juror_id, cast_at DESC);
CREATE INDEX ballots_by_time ON ballots (cast_at);

CREATE TABLE scorings (
  juror_id bigint NOT NULL REFERENCES jurors,
  case_id bigint NOT NULL,
  round smallint NOT NULL DEFAULT 1,
  says boolean NOT NULL,
  truth double precision NOT NULL CHECK (truth BETWEEN 0 AND 1),
  weight double precision NOT NULL CHECK (weight >= 0),
  at timestamptz NOT NULL,
  PRIMARY KEY (juror_id, case_id, round)
);
CREATE INDEX scorings_by_case ON scorings (case_id);

-- What stewards say about an escalated or appealed case; it takes two who agree.
CREATE TABLE steward_votes (
  case_id bigint NOT NULL REFERENCES cases,
  round smallint NOT NULL,
  steward_id bigint NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('remove', 'keep')),
  measure text CHECK (measure IN ('remove', 'warn', 'label', 'keep')),
  rule_id bigint,
  why text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (case_id, round, steward_id)
);

-- Somebody's life may be at risk.
CREATE TABLE alarms (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  raised_by bigint,
  via text NOT NULL CHECK (via IN ('report', 'form', 'juror', 'steward', 'screening')),
  why text NOT NULL DEFAULT '',
  note text NOT NULL,
  raised_at timestamptz NOT NULL,
  answered_at timestamptz,
  answered_by bigint,
  answer text NOT NULL DEFAULT ''
);
CREATE INDEX alarms_open ON alarms (raised_at) WHERE answered_at IS NULL;
CREATE INDEX alarms_by_case ON alarms (case_id);

-- Clocks that outlive a process and a host.
CREATE TABLE case_timers (
  case_id bigint NOT NULL REFERENCES cases,
  kind text NOT NULL CHECK (kind IN ('default', 'override', 'interim', 'close', 'erase')),
  due_at timestamptz NOT NULL,
  done_at timestamptz,
  PRIMARY KEY (case_id, kind)
);
CREATE INDEX case_timers_due ON case_timers (due_at) WHERE done_at IS NULL;

-- An account's record, never changed; how it stands is what the record adds up to, kept beside it for those who ask often.
CREATE TABLE sanction_events (
  account_id bigint NOT NULL REFERENCES accounts,
  case_id bigint NOT NULL REFERENCES cases,
  what text NOT NULL CHECK (what IN ('decided', 'reversed', 'lifted')),
  at timestamptz NOT NULL,
  grade text NOT NULL CHECK (grade IN ('note', 'minor', 'major', 'extreme')),
  posted timestamptz,
  by_id bigint,
  why text NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, case_id, what, at)
);
CREATE TABLE standings (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  points integer NOT NULL,
  limited text NOT NULL CHECK (limited IN ('none', 'warning', 'slow', 'suspended', 'banned')),
  since timestamptz,
  until timestamptz,
  next_change_at timestamptz,
  changed_at timestamptz NOT NULL
);
CREATE INDEX standings_due ON standings (next_change_at) WHERE next_change_at IS NOT NULL;

-- Statements of reasons: what was done to somebody, why, how it was decided and how to appeal.
CREATE TABLE statements (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  account_id bigint NOT NULL,
  post_id bigint,
  kind text NOT NULL CHECK (kind IN ('removed', 'warned', 'labelled', 'restored', 'upheld', 'reversed')),
  locale text NOT NULL,
  text text NOT NULL,
  reasons jsonb NOT NULL,
  category text NOT NULL,
  excerpt text NOT NULL,
  token text NOT NULL UNIQUE,
  appeal_until timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX statements_by_account ON statements (account_id, id DESC);
CREATE INDEX statements_by_case ON statements (case_id, id);

CREATE TABLE appeals (
  id bigint PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases,
  round smallint NOT NULL,
  account_id bigint,
  part text NOT NULL CHECK (part IN ('author', 'reporter')),
  text text NOT NULL,
  created_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('upheld', 'reversed')),
  decided_at timestamptz,
  CHECK ((outcome IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX appeals_once ON appeals (case_id, part, coalesce(account_id, 0));
CREATE INDEX appeals_open ON appeals (created_at) WHERE outcome IS NULL;

-- What was learned from all cases together: calibration, what unknown jurors are credited with, the length of the queue.
CREATE TABLE learned (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  at timestamptz NOT NULL
);

-- Findings that no case has taken up yet.
CREATE INDEX findings_without_case ON findings (id) WHERE decision IS NULL AND case_id IS NULL;

-- Notifications of what was decided; `about_id` is the statement, report or alarm.
ALTER TABLE notifications ADD COLUMN about_id bigint;
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('mention', 'boost', 'favourite',
  'follow', 'follow_request', 'poll', 'post', 'edit', 'sign_up', 'moderation_warning', 'report_outcome', 'alarm'));
