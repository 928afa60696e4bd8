-- A post has several texts: what was found may stand in its warning, and its harmless text says nothing about copies.
ALTER TABLE findings ADD COLUMN part_lengths integer[];
COMMENT ON COLUMN findings.part_lengths IS 'Characters of each text that `text` was put together from, with a line end between them; null where nobody wrote them down.';
