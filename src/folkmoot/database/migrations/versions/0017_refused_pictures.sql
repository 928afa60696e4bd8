-- Avatars and headers that were refused, for the stewards who decide about them. Sealed and apart from other pictures: they have
-- no address that anybody could pass on.
CREATE TABLE refused_pictures (
  finding_id bigint NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
  number smallint NOT NULL,
  content_type text NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (finding_id, number)
);
