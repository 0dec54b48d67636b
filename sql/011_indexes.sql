-- So that neither the failed logins of an attacker nor the number of users makes a statement of nginx slow. The indexes are
-- made while logins wait: half a minute for ten million rows of audit_events.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(11, 'indexes') THEN

    -- Has the user come from there before? However many of his logins have failed meanwhile.
    CREATE INDEX audit_events_logins ON gatehouse.audit_events (realm, user_id, address, user_agent, at)
        WHERE event = 'login';

    CREATE INDEX users_by_age ON gatehouse.users (realm, created_at, id);

END IF;
END
$migration$;

COMMIT;
