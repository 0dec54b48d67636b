-- Gatehouse keeps its tables in a schema of its own. Apply the files of this folder in the order of their numbers, as
-- the owner of the database, or let the script `install` do it:
--
--     for file in sql/*.sql; do psql -X -v ON_ERROR_STOP=1 -d gatehouse -f "$file" || break; done
--
-- Each runs in one transaction and only goes forward; applying one again does nothing. PostgreSQL 13 or newer.
-- The role that nginx connects as needs much less than the owner: see 012_grants.sql.

BEGIN;

CREATE SCHEMA IF NOT EXISTS gatehouse;

CREATE TABLE IF NOT EXISTS gatehouse.schema_version (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE gatehouse.schema_version IS
    'Which migrations have been applied. nginx reads it and says which one is missing.';

-- Every later migration begins with this: true, and recorded, if it is still to be done.
CREATE OR REPLACE FUNCTION gatehouse.begin_migration(number integer, title text) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
    LOCK TABLE gatehouse.schema_version IN EXCLUSIVE MODE;  -- two operators at once
    IF EXISTS (SELECT FROM gatehouse.schema_version v WHERE v.version = number) THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM gatehouse.schema_version v WHERE v.version = number - 1) THEN
        RAISE EXCEPTION 'migration % needs migration % first', number, number - 1;
    END IF;
    INSERT INTO gatehouse.schema_version (version, name) VALUES (number, title);
    RETURN true;
END
$function$;

REVOKE ALL ON FUNCTION gatehouse.begin_migration(integer, text) FROM PUBLIC;

INSERT INTO gatehouse.schema_version (version, name) VALUES (1, 'schema_version') ON CONFLICT DO NOTHING;

COMMIT;
