-- What a user proves himself with.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(3, 'credentials') THEN

    CREATE TABLE gatehouse.credentials (
        id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id    uuid        NOT NULL REFERENCES gatehouse.users ON DELETE CASCADE,
        kind       text        NOT NULL,
        data       text        NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE INDEX credentials_user ON gatehouse.credentials (user_id, kind);
    CREATE UNIQUE INDEX credentials_password ON gatehouse.credentials (user_id) WHERE kind = 'password';

    COMMENT ON TABLE gatehouse.credentials IS
        'Passwords (kind password: at most one a user; data: its hash, a PHC string) and, later, second factors.';

END IF;
END
$migration$;

COMMIT;
