-- The role that nginx connects as, made if it is missing, and all the rights it needs. Once all migrations are applied,
-- as a superuser or the owner of the schema:
--
--     SELECT gatehouse.grant_to('www-data');
--
-- A role of the name of the user that nginx's workers run as comes in through the Unix socket by peer authentication,
-- without a password. sql/install does all of it. Granting again is harmless.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(12, 'grants') THEN

    CREATE FUNCTION gatehouse.grant_to(nginx_role text) RETURNS void
    LANGUAGE plpgsql AS $function$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = nginx_role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', nginx_role);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA gatehouse TO %I', nginx_role);
        EXECUTE format('GRANT SELECT ON gatehouse.schema_version TO %I', nginx_role);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.users, gatehouse.credentials,'
                       ' gatehouse.one_time_tokens, gatehouse.outbox TO %I', nginx_role);
        EXECUTE format('GRANT SELECT, INSERT ON gatehouse.audit_events TO %I', nginx_role);
    END
    $function$;

    REVOKE ALL ON FUNCTION gatehouse.grant_to(text) FROM PUBLIC;

END IF;
END
$migration$;

COMMIT;
