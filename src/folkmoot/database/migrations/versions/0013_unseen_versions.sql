-- A version of a post that was replaced while nobody but its author saw the post: releasing the newest does not release it.
ALTER TABLE post_versions ADD COLUMN unseen boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN post_versions.unseen IS 'Replaced while the post was out of sight: only its author and stewards see this version.';
-- Of what is out of sight today nobody knows which versions were seen.
UPDATE post_versions v SET unseen = true FROM posts p
  WHERE p.id = v.post_id AND p.account_id = v.account_id AND p.hidden_at IS NOT NULL;
