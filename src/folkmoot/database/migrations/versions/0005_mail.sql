-- Mail on its way out. A row lasts longer than its text, so that the same key never goes out twice.
CREATE TABLE mails (
  id bigint PRIMARY KEY,
  key text NOT NULL UNIQUE,
  message_id text NOT NULL DEFAULT '',
  recipient text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  language text NOT NULL DEFAULT '',
  reply_to text NOT NULL DEFAULT '',
  in_reply_to text NOT NULL DEFAULT '',
  thread text[] NOT NULL DEFAULT '{}',
  urgent boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  fresh_until timestamptz NOT NULL,
  due_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  claimed_at timestamptz,
  handed_at timestamptz,
  sent_at timestamptz,
  failed_at timestamptz,
  unsure_at timestamptz,
  erased_at timestamptz,
  why text NOT NULL DEFAULT '',
  CHECK (num_nonnulls(due_at, sent_at, failed_at, unsure_at) = 1)
);
CREATE UNIQUE INDEX mails_by_message_id ON mails (message_id) WHERE message_id <> '';
CREATE INDEX mails_due ON mails (urgent DESC, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mails_in_doubt ON mails (id) WHERE failed_at IS NOT NULL OR unsure_at IS NOT NULL;

CREATE TABLE mail_attachments (
  mail_id bigint NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
  position integer NOT NULL,
  name text NOT NULL,
  content_type text NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (mail_id, position)
);

-- Web push: one subscription for an app's token or a browser session, with its keys (RFC 8291).
CREATE TABLE push_subscriptions (
  id bigint PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts,
  token_id bigint UNIQUE,
  session_id bigint UNIQUE,
  endpoint text NOT NULL,
  public_key bytea NOT NULL CHECK (length(public_key) = 65),
  auth_secret bytea NOT NULL CHECK (length(auth_secret) = 16),
  standard boolean NOT NULL,
  alerts text[] NOT NULL,
  policy text NOT NULL CHECK (policy IN ('all', 'followed', 'follower', 'none')),
  sealed_token bytea,
  failures integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  CHECK (num_nonnulls(token_id, session_id) = 1)
);
CREATE INDEX push_subscriptions_by_account ON push_subscriptions (account_id);

-- What is to be pushed; a row goes when it was delivered or is not worth it any more.
CREATE TABLE push_messages (
  subscription_id bigint NOT NULL REFERENCES push_subscriptions (id) ON DELETE CASCADE,
  about text NOT NULL CHECK (about IN ('notification', 'announcement')),
  about_id bigint NOT NULL,
  due_at timestamptz NOT NULL,
  fresh_until timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (subscription_id, about, about_id)
);
CREATE INDEX push_messages_due ON push_messages (due_at);

-- Somebody has to be reached until they answer: the next round is a row, so it goes on on another host.
CREATE TABLE pagings (
  kind text NOT NULL,
  about_id bigint NOT NULL,
  case_id bigint NOT NULL,
  via text NOT NULL DEFAULT '',
  round integer NOT NULL DEFAULT 0,
  began_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (kind, about_id)
);
CREATE INDEX pagings_due ON pagings (due_at);

-- Calls to the operator's own address; settled ones stay for a month.
CREATE TABLE webhook_calls (
  id bigint PRIMARY KEY,
  key text NOT NULL UNIQUE,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  fresh_until timestamptz NOT NULL,
  due_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  failed_at timestamptz,
  why text NOT NULL DEFAULT '',
  CHECK (num_nonnulls(due_at, delivered_at, failed_at) = 1)
);
CREATE INDEX webhook_calls_due ON webhook_calls (due_at) WHERE due_at IS NOT NULL;

-- In what language somebody without an account reported, so that the outcome comes in the same.
ALTER TABLE reports ADD COLUMN locale text NOT NULL DEFAULT 'en';
