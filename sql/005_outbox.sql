-- Work that a change of the tables brings with it elsewhere, written in the same statement so that it cannot be lost.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(5, 'outbox') THEN

    CREATE TABLE gatehouse.outbox (
        id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        realm      text        NOT NULL,
        kind       text        NOT NULL CHECK (kind IN ('mail', 'revoke')),
        payload    jsonb       NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        due_at     timestamptz NOT NULL DEFAULT now(),
        attempts   integer     NOT NULL DEFAULT 0
    );

    CREATE INDEX outbox_due ON gatehouse.outbox (realm, kind, due_at);
    CREATE INDEX outbox_revocations_of ON gatehouse.outbox ((payload ->> 'user'), id) WHERE kind = 'revoke';

    COMMENT ON TABLE gatehouse.outbox IS
        'What is still to be done: mail to send, and sessions to end in Redis (revoke). Done means deleted. A row '
        'outlives its user, so it refers to none.';
    COMMENT ON COLUMN gatehouse.outbox.due_at IS
        'Not before. Whoever takes a row moves this on, so that the row comes up again should he die.';

END IF;
END
$migration$;

COMMIT;
