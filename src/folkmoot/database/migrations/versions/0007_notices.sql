-- Notices: demands from outside, each with its clock. What a notice is, is the fold of its events, kept beside them.

-- Who writes to us: hosts, stores, authorities and trusted flaggers that are known here, by address, domain or key.
CREATE TABLE notice_senders (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('host', 'store', 'authority', 'trusted_flagger', 'person', 'unknown')),
  address text,
  key_hash bytea,
  public_key text,
  trusted_at timestamptz,
  note text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  created_by bigint,
  warned_at timestamptz,
  warned_why text NOT NULL DEFAULT '',
  suspended_at timestamptz,
  suspended_why text NOT NULL DEFAULT '',
  withdrawn_at timestamptz
);
COMMENT ON COLUMN notice_senders.address IS 'A whole address, or a domain for everybody at it and below it; in small letters.';
CREATE UNIQUE INDEX notice_senders_by_address ON notice_senders (address) WHERE address IS NOT NULL AND withdrawn_at IS NULL;
CREATE UNIQUE INDEX notice_senders_by_key ON notice_senders (key_hash) WHERE key_hash IS NOT NULL;

-- How long an answer may take: the operator's table. The row that says most about a notice holds.
CREATE TABLE notice_clocks (
  kind text NOT NULL CHECK (kind IN ('any', 'order', 'host', 'store', 'authority', 'trusted_flagger', 'person', 'unknown')),
  sender text NOT NULL DEFAULT '',
  minutes integer NOT NULL CHECK (minutes BETWEEN 10 AND 527040),
  warnings text[] NOT NULL,
  why text NOT NULL DEFAULT '',
  changed_at timestamptz NOT NULL,
  changed_by bigint,
  PRIMARY KEY (kind, sender)
);
INSERT INTO notice_clocks (kind, minutes, warnings, why, changed_at) VALUES
  ('any', 1440, '{50%,25%,1h}', 'A day, as hosts ask for', now()),
  ('order', 60, '{50%,25%,10m}', 'Removal orders (Regulation (EU) 2021/784, Article 3): one hour', now()),
  ('host', 1440, '{50%,25%,1h}', 'Abuse notices of hosts: an answer within a day', now()),
  ('store', 1440, '{50%,25%,1h}', 'App stores: a day', now()),
  ('authority', 1440, '{50%,25%,1h}', 'Without undue delay (Digital Services Act, Article 9)', now()),
  ('trusted_flagger', 1440, '{50%,25%,1h}', 'With priority (Digital Services Act, Article 22)', now()),
  ('person', 10080, '{50%,25%,1d}', 'Anybody: seven days', now());

CREATE TABLE notices (
  id bigint PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  token text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('received', 'open', 'interim', 'answered', 'refused')),
  version integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('order', 'host', 'store', 'authority', 'trusted_flagger', 'person', 'unknown')),
  door text NOT NULL CHECK (door IN ('lmtp', 'imap', 'page', 'api', 'cli')),
  form text NOT NULL,
  language text NOT NULL CHECK (language IN ('en', 'de')),
  sender_id bigint REFERENCES notice_senders,
  sender_address text NOT NULL DEFAULT '',
  sender_name text NOT NULL DEFAULT '',
  organisation text NOT NULL DEFAULT '',
  trust text NOT NULL CHECK (trust IN ('key', 'known', 'signed', 'none', 'failed')),
  subject text NOT NULL DEFAULT '',
  category text NOT NULL DEFAULT 'other',
  law text NOT NULL DEFAULT '',
  doubts text[] NOT NULL DEFAULT '{}',
  foreign_addresses text[] NOT NULL DEFAULT '{}',
  received_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  deadline_at timestamptz,
  deadline_words text NOT NULL DEFAULT '',
  deadline_zone text NOT NULL DEFAULT '',
  deadline_sure boolean NOT NULL DEFAULT false,
  confirmed_at timestamptz,
  confirmed_by bigint,
  taken_at timestamptz,
  taken_by bigint,
  met_at timestamptz,
  answered_at timestamptz,
  client_token text,
  log_entry bigint
) WITH (fillfactor = 85);
COMMENT ON COLUMN notices.met_at IS 'When the sender was first told of every item, be it that it is out of sight until it is decided.';
COMMENT ON COLUMN notices.due_at IS 'The clock in force: the default of the table, or the earlier or confirmed deadline of the letter.';
CREATE INDEX notices_running ON notices (due_at) WHERE state IN ('received', 'open', 'interim');
CREATE INDEX notices_by_sender ON notices (sender_id, id DESC) WHERE sender_id IS NOT NULL;
CREATE INDEX notices_by_address ON notices (sender_address, id DESC);
CREATE UNIQUE INDEX notices_once ON notices (coalesce(sender_id, 0), client_token) WHERE client_token IS NOT NULL;

-- What happened to a notice, in order; never changed. The same key twice is the same event.
CREATE TABLE notice_events (
  notice_id bigint NOT NULL REFERENCES notices,
  number integer NOT NULL,
  step text NOT NULL,
  key text NOT NULL,
  by_id bigint,
  why text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (notice_id, number),
  UNIQUE (notice_id, key)
);

-- What a notice is about: each address it names, bound to the version that stood there when it came.
CREATE TABLE notice_items (
  notice_id bigint NOT NULL REFERENCES notices,
  number integer NOT NULL,
  written text NOT NULL,
  what text NOT NULL CHECK (what IN ('post', 'account', 'unknown')),
  medium text,
  post_id bigint,
  account_id bigint,
  version integer,
  case_id bigint REFERENCES cases,
  state text NOT NULL CHECK (state IN ('waiting', 'open', 'hidden', 'removed', 'warned', 'kept', 'ordered', 'gone',
    'not_found', 'not_ours', 'withdrawn')),
  how text NOT NULL DEFAULT '',
  since timestamptz,
  is_sure boolean NOT NULL DEFAULT true,
  is_private boolean NOT NULL DEFAULT false,
  found_at timestamptz NOT NULL,
  hidden_at timestamptz,
  settled_at timestamptz,
  log_entry bigint,
  PRIMARY KEY (notice_id, number)
) WITH (fillfactor = 85);
COMMENT ON COLUMN notice_items.how IS 'Who or what brought it about: author, closed, staff, screening, jury, stewards, clock, order, suspended.';
CREATE UNIQUE INDEX notice_items_once ON notice_items (notice_id, what, coalesce(post_id, account_id))
  WHERE coalesce(post_id, account_id) IS NOT NULL;
CREATE INDEX notice_items_unsettled ON notice_items (case_id) WHERE settled_at IS NULL AND case_id IS NOT NULL;
CREATE INDEX notice_items_waiting ON notice_items (notice_id) WHERE settled_at IS NULL AND case_id IS NULL;
CREATE INDEX notice_items_by_case ON notice_items (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX notice_items_by_post ON notice_items (post_id) WHERE post_id IS NOT NULL;

-- Every letter in and out. What goes out lies in `mails` besides, which forgets its texts.
CREATE TABLE notice_letters (
  id bigint PRIMARY KEY,
  notice_id bigint NOT NULL REFERENCES notices,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  kind text NOT NULL CHECK (kind IN ('notice', 'follow_up', 'auto_reply', 'receipt', 'interim', 'answer', 'extension', 'free')),
  address text NOT NULL DEFAULT '',
  subject text NOT NULL DEFAULT '',
  text text NOT NULL,
  language text NOT NULL,
  message_id text NOT NULL DEFAULT '',
  in_reply_to text NOT NULL DEFAULT '',
  digest text NOT NULL,
  raw bytea,
  reading jsonb,
  mail_id bigint,
  by_id bigint,
  at timestamptz NOT NULL
);
CREATE INDEX notice_letters_by_notice ON notice_letters (notice_id, id);
CREATE UNIQUE INDEX notice_letters_once ON notice_letters (digest, message_id) WHERE direction = 'in';
CREATE INDEX notice_letters_by_message ON notice_letters (message_id) WHERE message_id <> '';

-- Clocks that outlive a process and a host.
CREATE TABLE notice_timers (
  notice_id bigint NOT NULL REFERENCES notices,
  kind text NOT NULL,
  due_at timestamptz NOT NULL,
  done_at timestamptz,
  PRIMARY KEY (notice_id, kind)
);
CREATE INDEX notice_timers_due ON notice_timers (due_at) WHERE done_at IS NULL;

-- Deletion deletes; all that stays for half a year is that there was a post of this number, and when and how it went.
CREATE TABLE tombstones (
  post_id bigint PRIMARY KEY,
  gone_at timestamptz NOT NULL,
  how text NOT NULL CHECK (how IN ('author', 'staff', 'closed')),
  log_entry bigint
);
CREATE INDEX tombstones_by_age ON tombstones (gone_at);

-- A removal order is carried out without a jury.
ALTER TABLE cases DROP CONSTRAINT cases_decided_by_check;
ALTER TABLE cases ADD CONSTRAINT cases_decided_by_check CHECK (decided_by IN ('jury', 'stewards', 'clock', 'order'));

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('mention', 'boost', 'favourite',
  'follow', 'follow_request', 'poll', 'post', 'edit', 'sign_up', 'moderation_warning', 'report_outcome', 'alarm', 'notice'));
