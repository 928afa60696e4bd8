-- A picture that nothing but evidence holds any more is kept sealed with the key of its version, and the plain one is deleted.
ALTER TABLE evidence_media ADD COLUMN sealed_key text;
COMMENT ON COLUMN evidence_media.sealed_key IS 'The object with the sealed bytes; null while a post or profile still shows the picture.';
CREATE INDEX evidence_media_by_sealed ON evidence_media (sealed_key) WHERE sealed_key IS NOT NULL;

-- What a slowed account published and took back: it counts for a day all the same, and is forgotten then.
CREATE TABLE taken_back (
  account_id bigint NOT NULL REFERENCES accounts,
  post_id bigint NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX taken_back_by_time ON taken_back (published_at);

-- Pictures from before screening knew any: a job hashes them and takes them off this list.
CREATE TABLE unhashed_pictures (
  object_key text PRIMARY KEY
);
INSERT INTO unhashed_pictures (object_key)
  SELECT object_key FROM media WHERE picture_hash IS NULL
  UNION SELECT avatar_key FROM accounts a WHERE avatar_key IS NOT NULL
    AND NOT EXISTS (SELECT FROM profile_pictures p WHERE p.account_id = a.id AND p.part = 'avatar')
  UNION SELECT header_key FROM accounts a WHERE header_key IS NOT NULL
    AND NOT EXISTS (SELECT FROM profile_pictures p WHERE p.account_id = a.id AND p.part = 'header');

-- Never written nor read.
ALTER TABLE case_posts DROP COLUMN released_at;
