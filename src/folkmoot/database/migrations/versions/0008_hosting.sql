-- Each time the network changed hosts an epoch began; the newest one is also in DATA/hosting.json of whoever is the first.
CREATE TABLE epochs (
    epoch bigint PRIMARY KEY CHECK (epoch > 1),
    began_at timestamptz NOT NULL,
    host text NOT NULL,
    how text NOT NULL
);
