-- A picture may be on several lists: who drops one of them drops it from that one.
ALTER TABLE known_pictures DROP CONSTRAINT known_pictures_pkey;
ALTER TABLE known_pictures ADD PRIMARY KEY (list, hash);
DROP INDEX known_pictures_by_list;

-- Verdicts and purges look up what was found of a case.
CREATE INDEX findings_by_case ON findings (case_id) WHERE case_id IS NOT NULL;
