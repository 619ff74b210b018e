-- Seats in use. A seat is a number from 1 up to the limit; two holders never share one, a holder never has two.

CREATE TABLE seat (
    kind        text NOT NULL,
    holder_id   text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    acquired_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, holder_id),
    UNIQUE (kind, number)
);

GRANT USAGE ON SCHEMA license TO exekra_license;
GRANT SELECT, INSERT, DELETE ON seat TO exekra_license;
