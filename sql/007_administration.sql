-- What an administrator does by psql, as the owner of the schema:
--
--     SELECT gatehouse.set_roles('main', 'ann@example.com', '{admin,staff}');
--     SELECT gatehouse.set_disabled('main', 'ann@example.com', true);
--
-- Both raise auth_version and tell nginx in one statement: new roles count from the user's next request on, a disabled
-- user's sessions end. That is at once, or some seconds later where PgBouncer keeps NOTIFY from nginx. They return the
-- new auth_version. More of them are in 010_changes_by_sql.sql.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(7, 'administration') THEN

    CREATE FUNCTION gatehouse.set_roles(of_realm text, of_email text, new_roles text[]) RETURNS bigint
    LANGUAGE plpgsql AS $function$
    DECLARE
        new_version bigint;
    BEGIN
        WITH changed AS (
            UPDATE gatehouse.users u SET roles = new_roles, auth_version = auth_version + 1, updated_at = now()
            WHERE u.realm = of_realm AND lower(u.email COLLATE "C") = lower(of_email COLLATE "C")
            RETURNING u.id, u.auth_version
        ), told AS (
            INSERT INTO gatehouse.outbox (realm, kind, payload)
            SELECT of_realm, 'revoke', jsonb_build_object('user', id, 'av', auth_version, 'effect', 'expire')
            FROM changed
        ), audit AS (
            INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
            SELECT of_realm, id, 'roles_changed', jsonb_build_object('by', session_user, 'roles', new_roles)
            FROM changed
        )
        SELECT auth_version INTO new_version FROM changed;
        IF new_version IS NULL THEN
            RAISE EXCEPTION 'realm % has no user with the e-mail %', of_realm, of_email;
        END IF;
        PERFORM pg_notify('gatehouse_outbox', of_realm);
        RETURN new_version;
    END
    $function$;

    CREATE FUNCTION gatehouse.set_disabled(of_realm text, of_email text, disabled boolean) RETURNS bigint
    LANGUAGE plpgsql AS $function$
    DECLARE
        new_version bigint;
    BEGIN
        WITH changed AS (
            UPDATE gatehouse.users u
            SET disabled_at = CASE WHEN disabled THEN coalesce(disabled_at, now()) END,
                auth_version = auth_version + 1, updated_at = now()
            WHERE u.realm = of_realm AND lower(u.email COLLATE "C") = lower(of_email COLLATE "C")
            RETURNING u.id, u.auth_version
        ), told AS (
            INSERT INTO gatehouse.outbox (realm, kind, payload)
            SELECT of_realm, 'revoke', jsonb_build_object('user', id, 'av', auth_version, 'effect', 'kill')
            FROM changed
        ), audit AS (
            INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
            SELECT of_realm, id, CASE WHEN disabled THEN 'disabled' ELSE 'enabled' END,
                   jsonb_build_object('by', session_user) FROM changed
        )
        SELECT auth_version INTO new_version FROM changed;
        IF new_version IS NULL THEN
            RAISE EXCEPTION 'realm % has no user with the e-mail %', of_realm, of_email;
        END IF;
        PERFORM pg_notify('gatehouse_outbox', of_realm);
        RETURN new_version;
    END
    $function$;

    REVOKE ALL ON FUNCTION gatehouse.set_roles(text, text, text[]) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.set_disabled(text, text, boolean) FROM PUBLIC;

END IF;
END
$migration$;

COMMIT;
