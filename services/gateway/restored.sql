-- After the rows of a backup were put back: sessions that were signed out since must not live again. People sign in anew.
DELETE FROM session;
