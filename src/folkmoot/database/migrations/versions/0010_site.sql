-- An urgent announcement goes to everybody, whatever they chose.
ALTER TABLE announcements ADD COLUMN urgent boolean NOT NULL DEFAULT false;

-- An announcement on its way to everybody's device and mail: how far down the list of accounts it has come.
CREATE TABLE announcement_sendings (
  announcement_id bigint PRIMARY KEY REFERENCES announcements,
  due_at timestamptz NOT NULL,
  reached bigint NOT NULL DEFAULT 0,
  accounts integer NOT NULL DEFAULT 0,
  mails integer NOT NULL DEFAULT 0,
  pushes integer NOT NULL DEFAULT 0,
  finished_at timestamptz
);
CREATE INDEX announcement_sendings_due ON announcement_sendings (due_at) WHERE finished_at IS NULL;
