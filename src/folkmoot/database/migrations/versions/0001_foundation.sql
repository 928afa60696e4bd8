-- The network's first schema. Rules every table keeps (docs/decisions/schema.md): a primary key, ids made by the
-- application, the owner's account_id in the keys of large tables, foreign keys only inside the owner or to small
-- reference tables, nothing unlogged, no serials anyone can see.

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TEXT SEARCH CONFIGURATION plain_words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain_words ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION english_words (COPY = english);
ALTER TEXT SEARCH CONFIGURATION english_words ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
CREATE TEXT SEARCH CONFIGURATION german_words (COPY = german);
ALTER TEXT SEARCH CONFIGURATION german_words ALTER MAPPING FOR hword, hword_part, word WITH unaccent, german_stem;

-- The words of a post as search sees them: as written, and stemmed in the post's language.
CREATE FUNCTION search_words(warning text, body text, language text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('public.plain_words', warning || ' ' || body) || CASE language
    WHEN 'de' THEN to_tsvector('public.german_words', warning || ' ' || body)
    WHEN 'en' THEN to_tsvector('public.english_words', warning || ' ' || body)
    ELSE ''::tsvector END
$$;

-- People ------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
  id bigint PRIMARY KEY,
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9_]{1,30}$'),
  display_name text NOT NULL DEFAULT '',
  bio text NOT NULL DEFAULT '',
  fields jsonb NOT NULL DEFAULT '[]',
  avatar_key text,
  header_key text,
  avatar_alt text NOT NULL DEFAULT '',
  header_alt text NOT NULL DEFAULT '',
  locked boolean NOT NULL DEFAULT false,
  bot boolean NOT NULL DEFAULT false,
  discoverable boolean NOT NULL DEFAULT true,
  indexable boolean NOT NULL DEFAULT true,
  hides_relations boolean NOT NULL DEFAULT false,
  role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'steward', 'operator')),
  created_at timestamptz NOT NULL,
  approved_at timestamptz,
  suspended_at timestamptz,
  suspended_by bigint,
  suspended_why text,
  closed_at timestamptz,
  active_at timestamptz NOT NULL,
  posts_count integer NOT NULL DEFAULT 0,
  followers_count integer NOT NULL DEFAULT 0,
  following_count integer NOT NULL DEFAULT 0,
  last_post_at timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX accounts_by_name ON accounts (lower(name));
CREATE INDEX accounts_by_words ON accounts USING gin ((name || ' ' || display_name) gin_trgm_ops);
CREATE INDEX accounts_waiting ON accounts (created_at) WHERE approved_at IS NULL;

-- What only the member and sign-in may know.
CREATE TABLE credentials (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  email text,
  password_hash text NOT NULL,
  locale text NOT NULL DEFAULT 'en',
  sign_up_reason text NOT NULL DEFAULT '',
  invited_by_code text,
  agreed_at timestamptz,
  preferences jsonb NOT NULL DEFAULT '{}',
  signed_in_at timestamptz
);
CREATE UNIQUE INDEX credentials_by_email ON credentials (lower(email)) WHERE email IS NOT NULL;

CREATE TABLE invitations (
  code text PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  uses_left integer CHECK (uses_left >= 0),
  used integer NOT NULL DEFAULT 0,
  revoked_at timestamptz
);
CREATE INDEX invitations_by_account ON invitations (account_id);

CREATE TABLE sessions (
  id bigint PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  address text NOT NULL DEFAULT '',
  agent text NOT NULL DEFAULT '',
  revoked_at timestamptz
);
CREATE INDEX sessions_by_account ON sessions (account_id) WHERE revoked_at IS NULL;

CREATE TABLE apps (
  id bigint PRIMARY KEY,
  client_id text NOT NULL UNIQUE,
  secret_hash bytea NOT NULL,
  name text NOT NULL,
  website text,
  redirect_uris text[] NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE grants (
  code_hash bytea PRIMARY KEY,
  app_id bigint NOT NULL REFERENCES apps,
  account_id bigint NOT NULL REFERENCES accounts,
  redirect_uri text NOT NULL,
  scopes text[] NOT NULL,
  challenge text,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX grants_by_account ON grants (account_id);

CREATE TABLE tokens (
  id bigint PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  app_id bigint NOT NULL REFERENCES apps,
  account_id bigint REFERENCES accounts,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL,
  seen_on date,
  revoked_at timestamptz
);
CREATE INDEX tokens_by_account ON tokens (account_id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_app ON tokens (app_id) WHERE revoked_at IS NULL;

-- Relations ---------------------------------------------------------------------------------------------------------

CREATE TABLE follows (
  account_id bigint NOT NULL REFERENCES accounts,
  target_id bigint NOT NULL REFERENCES accounts,
  id bigint NOT NULL,
  shows_boosts boolean NOT NULL DEFAULT true,
  notifies boolean NOT NULL DEFAULT false,
  languages text[],
  delivers boolean NOT NULL DEFAULT true,
  PRIMARY KEY (account_id, target_id),
  CHECK (account_id <> target_id)
);
CREATE INDEX follows_by_target ON follows (target_id, id DESC) INCLUDE (account_id, shows_boosts, delivers);
CREATE INDEX follows_in_order ON follows (account_id, id DESC);

CREATE TABLE follow_requests (
  account_id bigint NOT NULL REFERENCES accounts,
  target_id bigint NOT NULL REFERENCES accounts,
  id bigint NOT NULL,
  shows_boosts boolean NOT NULL DEFAULT true,
  notifies boolean NOT NULL DEFAULT false,
  languages text[],
  PRIMARY KEY (account_id, target_id),
  CHECK (account_id <> target_id)
);
CREATE INDEX follow_requests_by_target ON follow_requests (target_id, id DESC);

CREATE TABLE blocks (
  account_id bigint NOT NULL REFERENCES accounts,
  target_id bigint NOT NULL REFERENCES accounts,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, target_id),
  CHECK (account_id <> target_id)
);
CREATE INDEX blocks_by_target ON blocks (target_id);

CREATE TABLE mutes (
  account_id bigint NOT NULL REFERENCES accounts,
  target_id bigint NOT NULL REFERENCES accounts,
  id bigint NOT NULL,
  hides_notifications boolean NOT NULL DEFAULT true,
  expires_at timestamptz,
  PRIMARY KEY (account_id, target_id),
  CHECK (account_id <> target_id)
);
CREATE INDEX mutes_expiring ON mutes (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE account_notes (
  account_id bigint NOT NULL REFERENCES accounts,
  target_id bigint NOT NULL REFERENCES accounts,
  text text NOT NULL,
  PRIMARY KEY (account_id, target_id)
);

CREATE TABLE tag_follows (
  account_id bigint NOT NULL REFERENCES accounts,
  tag text NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, tag)
);
CREATE INDEX tag_follows_by_tag ON tag_follows (tag, account_id);

CREATE TABLE featured_tags (
  account_id bigint NOT NULL REFERENCES accounts,
  tag text NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, tag)
);

-- Posts -------------------------------------------------------------------------------------------------------------

-- A boost is a row of its own that shows another post: one order for every timeline.
CREATE TABLE posts (
  id bigint NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  shows_id bigint,
  shows_account_id bigint,
  in_reply_to_id bigint,
  in_reply_to_account_id bigint,
  thread_id bigint NOT NULL,
  visibility text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
  text text NOT NULL DEFAULT '',
  warning text NOT NULL DEFAULT '',
  sensitive boolean NOT NULL DEFAULT false,
  language text,
  app_id bigint,
  created_at timestamptz NOT NULL,
  edited_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  replies_count integer NOT NULL DEFAULT 0,
  boosts_count integer NOT NULL DEFAULT 0,
  favourites_count integer NOT NULL DEFAULT 0,
  has_media boolean NOT NULL DEFAULT false,
  hidden_at timestamptz,
  PRIMARY KEY (id, account_id),
  CHECK ((shows_id IS NULL) = (shows_account_id IS NULL)),
  CHECK ((in_reply_to_id IS NULL) = (in_reply_to_account_id IS NULL) OR in_reply_to_id IS NULL)
) WITH (fillfactor = 85);
CREATE INDEX posts_by_account ON posts (account_id, id DESC);
CREATE UNIQUE INDEX posts_boosts ON posts (shows_id, account_id) WHERE shows_id IS NOT NULL;
CREATE INDEX posts_replies ON posts (in_reply_to_id, id) WHERE in_reply_to_id IS NOT NULL;
CREATE INDEX posts_threads ON posts (thread_id, id);
CREATE INDEX posts_public ON posts (id DESC) WHERE visibility = 'public' AND shows_id IS NULL;
CREATE INDEX posts_by_words ON posts USING gin (search_words(warning, text, language))
  WHERE shows_id IS NULL;

CREATE TABLE post_versions (
  post_id bigint NOT NULL,
  account_id bigint NOT NULL,
  version integer NOT NULL,
  text text NOT NULL,
  warning text NOT NULL,
  sensitive boolean NOT NULL,
  media jsonb NOT NULL DEFAULT '[]',
  poll_options jsonb,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (post_id, account_id, version),
  FOREIGN KEY (post_id, account_id) REFERENCES posts (id, account_id) ON DELETE CASCADE
);

CREATE TABLE mentions (
  post_id bigint NOT NULL,
  author_id bigint NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  silent boolean NOT NULL DEFAULT false,
  PRIMARY KEY (post_id, author_id, account_id),
  FOREIGN KEY (post_id, author_id) REFERENCES posts (id, account_id) ON DELETE CASCADE
);
CREATE INDEX mentions_by_account ON mentions (account_id, post_id DESC);

CREATE TABLE tags (
  name text PRIMARY KEY,
  shown_as text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX tags_by_name ON tags USING gin (name gin_trgm_ops);

CREATE TABLE post_tags (
  tag text NOT NULL,
  post_id bigint NOT NULL,
  account_id bigint NOT NULL,
  PRIMARY KEY (tag, post_id, account_id),
  FOREIGN KEY (post_id, account_id) REFERENCES posts (id, account_id) ON DELETE CASCADE
);
CREATE INDEX post_tags_by_post ON post_tags (post_id, account_id);

CREATE TABLE objects (
  key text PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  content_type text NOT NULL,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE objects IS 'Manifest of everything in storage, named by its SHA-256: what is missing elsewhere is a set difference.';

CREATE TABLE media (
  id bigint NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  post_id bigint,
  position smallint NOT NULL DEFAULT 0,
  kind text NOT NULL CHECK (kind IN ('image', 'gifv', 'video', 'audio')),
  object_key text NOT NULL REFERENCES objects,
  preview_key text NOT NULL REFERENCES objects,
  content_type text NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  preview_width integer NOT NULL,
  preview_height integer NOT NULL,
  description text NOT NULL DEFAULT '',
  focus_x real NOT NULL DEFAULT 0 CHECK (focus_x BETWEEN -1 AND 1),
  focus_y real NOT NULL DEFAULT 0 CHECK (focus_y BETWEEN -1 AND 1),
  blurhash text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (id, account_id)
);
CREATE INDEX media_by_post ON media (post_id, position) WHERE post_id IS NOT NULL;
CREATE INDEX media_loose ON media (created_at) WHERE post_id IS NULL;
CREATE INDEX media_by_object ON media (object_key);
CREATE INDEX media_by_preview ON media (preview_key);

CREATE TABLE polls (
  id bigint NOT NULL,
  account_id bigint NOT NULL,
  post_id bigint NOT NULL,
  options text[] NOT NULL,
  multiple boolean NOT NULL DEFAULT false,
  hides_totals boolean NOT NULL DEFAULT false,
  due_at timestamptz,
  closed_at timestamptz,
  PRIMARY KEY (id, account_id),
  FOREIGN KEY (post_id, account_id) REFERENCES posts (id, account_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX polls_by_post ON polls (post_id, account_id);
CREATE INDEX polls_due ON polls (due_at) WHERE closed_at IS NULL;

CREATE TABLE poll_votes (
  poll_id bigint NOT NULL,
  poll_account_id bigint NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  choice smallint NOT NULL CHECK (choice >= 0),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (poll_id, poll_account_id, account_id, choice),
  FOREIGN KEY (poll_id, poll_account_id) REFERENCES polls (id, account_id) ON DELETE CASCADE
);
CREATE INDEX poll_votes_by_account ON poll_votes (account_id, poll_id);

CREATE TABLE favourites (
  account_id bigint NOT NULL REFERENCES accounts,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX favourites_by_post ON favourites (post_id, id DESC);
CREATE INDEX favourites_in_order ON favourites (account_id, id DESC);

CREATE TABLE bookmarks (
  account_id bigint NOT NULL REFERENCES accounts,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX bookmarks_in_order ON bookmarks (account_id, id DESC);
CREATE INDEX bookmarks_by_post ON bookmarks (post_id);

CREATE TABLE pins (
  account_id bigint NOT NULL REFERENCES accounts,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (account_id, post_id),
  FOREIGN KEY (post_id, account_id) REFERENCES posts (id, account_id) ON DELETE CASCADE
);

CREATE TABLE thread_mutes (
  account_id bigint NOT NULL REFERENCES accounts,
  thread_id bigint NOT NULL,
  PRIMARY KEY (account_id, thread_id)
);

CREATE TABLE scheduled_posts (
  id bigint NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  due_at timestamptz NOT NULL,
  draft jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (id, account_id)
);
CREATE INDEX scheduled_posts_due ON scheduled_posts (due_at);
CREATE INDEX scheduled_posts_by_account ON scheduled_posts (account_id, due_at);

CREATE TABLE idempotency_keys (
  account_id bigint NOT NULL REFERENCES accounts,
  key text NOT NULL,
  post_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Timelines and news --------------------------------------------------------------------------------------------------

CREATE TABLE home_entries (
  account_id bigint NOT NULL,
  post_id bigint NOT NULL,
  author_id bigint NOT NULL,
  shows_id bigint,
  shows_account_id bigint,
  PRIMARY KEY (account_id, post_id)
);

CREATE TABLE notifications (
  account_id bigint NOT NULL REFERENCES accounts,
  id bigint NOT NULL CHECK (id < 9007199254740992),
  kind text NOT NULL CHECK (kind IN ('mention', 'boost', 'favourite', 'follow', 'follow_request', 'poll', 'post', 'edit', 'sign_up')),
  from_account_id bigint NOT NULL,
  post_id bigint,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX notifications_by_post ON notifications (post_id) WHERE post_id IS NOT NULL;

CREATE TABLE markers (
  account_id bigint NOT NULL REFERENCES accounts,
  timeline text NOT NULL CHECK (timeline IN ('home', 'notifications')),
  last_read_id bigint NOT NULL,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, timeline)
);

-- The site ------------------------------------------------------------------------------------------------------------

CREATE TABLE site (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);

CREATE TABLE rules (
  id bigint PRIMARY KEY,
  position integer NOT NULL,
  text text NOT NULL,
  hint text NOT NULL DEFAULT '',
  translations jsonb NOT NULL DEFAULT '{}',
  withdrawn_at timestamptz
);

CREATE TABLE announcements (
  id bigint PRIMARY KEY,
  text text NOT NULL,
  translations jsonb NOT NULL DEFAULT '{}',
  all_day boolean NOT NULL DEFAULT false,
  starts_at timestamptz,
  ends_at timestamptz,
  published_at timestamptz,
  updated_at timestamptz NOT NULL,
  withdrawn_at timestamptz
);

CREATE TABLE announcement_dismissals (
  account_id bigint NOT NULL REFERENCES accounts,
  announcement_id bigint NOT NULL REFERENCES announcements ON DELETE CASCADE,
  PRIMARY KEY (account_id, announcement_id)
);

CREATE TABLE announcement_reactions (
  account_id bigint NOT NULL REFERENCES accounts,
  announcement_id bigint NOT NULL REFERENCES announcements ON DELETE CASCADE,
  name text NOT NULL,
  PRIMARY KEY (account_id, announcement_id, name)
);

-- What happened, who did it: written in the deed's own transaction, never changed.
CREATE TABLE events (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  actor_id bigint,
  subject_id bigint,
  detail jsonb NOT NULL DEFAULT '{}',
  at timestamptz NOT NULL
);
CREATE INDEX events_by_subject ON events (subject_id, id DESC);
CREATE INDEX events_by_actor ON events (actor_id, id DESC);

-- News for streams and caches, written in the deed's transaction and tailed by one reader a process; kept an hour.
CREATE TABLE outbox (
  id bigint PRIMARY KEY,
  kind text NOT NULL,
  payload jsonb NOT NULL
);
