-- After the rows of a backup were put back: a one-time token that was used since must not be good for a second time.
DELETE FROM pairing_token WHERE used_at IS NULL;
