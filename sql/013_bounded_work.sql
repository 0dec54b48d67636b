-- No statement of nginx takes longer because there are many rows of the kind that an attacker, or time, can add. The
-- indexes are made while logins wait: half a minute for ten million rows of audit_events. That table is kept for the
-- realm's audit_retention.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(13, 'bounded_work') THEN

    CREATE INDEX audit_events_realm_at ON gatehouse.audit_events (realm, at);
    DROP INDEX gatehouse.audit_events_at;

    -- The oldest revocations, without sorting them all. Only who says that a row is queued can mean this index: one user's
    -- revocations are found by outbox_revocations_of, whatever the planner believes of how many there are.
    CREATE INDEX outbox_revocations_due ON gatehouse.outbox (realm, id) WHERE kind = 'revoke' AND state = 'queued';
    DROP INDEX gatehouse.outbox_due;

    COMMENT ON TABLE gatehouse.audit_events IS
        'Every outcome of authentication, kept when its user is deleted. nginx adds to it, and has what is older than the '
        'realm''s audit_retention deleted.';

    -- With the rights of the owner: nginx itself can delete nothing of the audit trail, and so no younger rows either.
    CREATE FUNCTION gatehouse.forget_audit_events(of_realm text, older_than interval, at_most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    DECLARE
        deleted bigint;
    BEGIN
        IF older_than IS NULL OR older_than < interval '1 day' THEN
            RAISE EXCEPTION 'audit events are kept for at least a day';
        END IF;
        DELETE FROM gatehouse.audit_events WHERE id IN (
            SELECT a.id FROM gatehouse.audit_events a WHERE a.realm = of_realm AND a.at < now() - older_than
            ORDER BY a.at LIMIT at_most FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS deleted = ROW_COUNT;
        RETURN deleted;
    END
    $function$;

END IF;
END
$migration$;

COMMIT;
