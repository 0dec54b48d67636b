-- Links sent by mail: verify an e-mail, reset a password.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(4, 'one_time_tokens') THEN

    CREATE TABLE gatehouse.one_time_tokens (
        hash       bytea       PRIMARY KEY,
        user_id    uuid        NOT NULL REFERENCES gatehouse.users ON DELETE CASCADE,
        purpose    text        NOT NULL,
        email      text        NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at    timestamptz
    );

    CREATE INDEX one_time_tokens_user ON gatehouse.one_time_tokens (user_id, purpose);
    CREATE INDEX one_time_tokens_expiry ON gatehouse.one_time_tokens (expires_at);

    COMMENT ON TABLE gatehouse.one_time_tokens IS
        'Tokens that work once, until they expire, for one purpose, one user and the e-mail they were sent to.';
    COMMENT ON COLUMN gatehouse.one_time_tokens.hash IS 'SHA-256 of the token; the token itself is stored nowhere.';

END IF;
END
$migration$;

COMMIT;
