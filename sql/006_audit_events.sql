-- Who did what, when and from where.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(6, 'audit_events') THEN

    CREATE TABLE gatehouse.audit_events (
        id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at         timestamptz NOT NULL DEFAULT now(),
        realm      text        NOT NULL,
        user_id    uuid,
        event      text        NOT NULL,
        address    text        NOT NULL DEFAULT '',
        user_agent text        NOT NULL DEFAULT '',
        session_id text,
        detail     jsonb       NOT NULL DEFAULT '{}'
    );

    CREATE INDEX audit_events_user ON gatehouse.audit_events (realm, user_id, at);
    CREATE INDEX audit_events_at ON gatehouse.audit_events (at);

    COMMENT ON TABLE gatehouse.audit_events IS
        'Every outcome of authentication, kept when its user is deleted. Gatehouse only adds to it; delete what is '
        'older than your rules allow.';
    COMMENT ON COLUMN gatehouse.audit_events.user_id IS 'Null: nobody that exists, as when an unknown e-mail logs in.';

END IF;
END
$migration$;

COMMIT;
