-- An avatar or header by what screening knows it. Hidden, its account shows the default; this row is then all that refers to it.
CREATE TABLE profile_pictures (
  account_id bigint NOT NULL REFERENCES accounts,
  part text NOT NULL CHECK (part IN ('avatar', 'header')),
  object_key text NOT NULL,
  hashes text[] NOT NULL,
  hidden_at timestamptz,
  PRIMARY KEY (account_id, part)
);
COMMENT ON COLUMN profile_pictures.hashes IS 'PDQ hashes of the picture as it came and as it was cut; empty when there is too little in it to be told from others.';
