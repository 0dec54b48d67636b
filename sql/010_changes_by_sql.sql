-- Whoever changes a user's row or password, and however: his sessions hear of it. Triggers raise auth_version and write
-- the revocation into the outbox, unless the statement has done so itself, as those of nginx do. What ends the user's
-- sessions: DELETE and TRUNCATE, another realm or id, disabled_at, a changed or deleted password, a raised auth_version.
-- What has them renewed with the new values: roles, email, email_verified_at, username. That is within seconds.
--
-- What an administrator does by psql, as the owner of the schema, beside set_roles() and set_disabled():
--
--     SELECT gatehouse.create_user('main', 'ann@example.com', 'Ann Doe');
--     SELECT gatehouse.create_user('main', 'ann@example.com', 'Ann Doe', roles => '{admin}', verified => true);
--     SELECT gatehouse.set_password('main', 'ann@example.com', '$y$j9T$…');
--     SELECT gatehouse.delete_user('main', 'ann@example.com');
--
-- A new user has no password: he asks for a link ("forgot password"), or gets one by set_password(). That takes a hash,
-- for PostgreSQL can make none that is good enough: `mkpasswd -m yescrypt` of the package whois asks for the password
-- and prints one. Gatehouse replaces it by an Argon2id hash at the first login.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(10, 'changes_by_sql') THEN

    ALTER TABLE gatehouse.credentials ADD COLUMN rehashed_at timestamptz;

    COMMENT ON COLUMN gatehouse.credentials.rehashed_at IS
        'Changed together with data by who hashes the same password in another way: that ends no session. Any other '
        'change of data is a new password.';
    COMMENT ON TABLE gatehouse.users IS
        'One row a user of a realm. Triggers tell nginx of every change that concerns the user''s sessions.';

    -- The revocation, the row of the audit trail and a word to nginx, unless this transaction has written the first.
    -- Whoever raises nothing but the version ('sessions_ended') says what that means by the row he has written, if any.
    -- IS NOT DISTINCT FROM keeps the planner to the index by user: the one that begins with the realm has them all.
    CREATE FUNCTION gatehouse.tell_revocation(of_realm text, of_user uuid, version bigint, effect text, event text,
                                              detail jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql AS $function$
    BEGIN
        IF EXISTS (SELECT FROM gatehouse.outbox o WHERE o.kind = 'revoke' AND o.payload ->> 'user' = of_user::text
                   AND o.realm IS NOT DISTINCT FROM of_realm AND (o.payload ->> 'av')::bigint = version
                   AND (tell_revocation.event = 'sessions_ended'
                        OR o.payload ->> 'effect' IN ('kill', tell_revocation.effect))
                   AND o.created_at = now()) THEN
            RETURN;
        END IF;
        INSERT INTO gatehouse.outbox (realm, kind, payload)
        VALUES (of_realm, 'revoke', jsonb_build_object('user', of_user, 'av', version, 'effect', effect));
        INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
        VALUES (of_realm, of_user, event, detail || jsonb_build_object('by', session_user));
        PERFORM pg_notify('gatehouse_outbox', of_realm);
    END
    $function$;

    CREATE FUNCTION gatehouse.before_user_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        NEW.auth_version := greatest(NEW.auth_version, OLD.auth_version + 1);
        RETURN NEW;
    END
    $function$;

    CREATE FUNCTION gatehouse.after_user_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    DECLARE
        renews boolean;
        is_new_email boolean := OLD.email <> NEW.email;
    BEGIN
        IF NEW.realm <> OLD.realm OR NEW.id <> OLD.id THEN
            PERFORM gatehouse.tell_revocation(OLD.realm, OLD.id, OLD.auth_version + 1, 'kill', 'removed');
        END IF;
        IF (NEW.disabled_at IS NULL) <> (OLD.disabled_at IS NULL) THEN
            PERFORM gatehouse.tell_revocation(NEW.realm, NEW.id, NEW.auth_version,
                CASE WHEN NEW.disabled_at IS NULL THEN 'expire' ELSE 'kill' END,
                CASE WHEN NEW.disabled_at IS NULL THEN 'enabled' ELSE 'disabled' END);
        ELSIF NEW.roles <> OLD.roles THEN
            PERFORM gatehouse.tell_revocation(NEW.realm, NEW.id, NEW.auth_version, 'expire', 'roles_changed',
                                              jsonb_build_object('roles', NEW.roles));
        ELSE
            renews := is_new_email OR NEW.email_verified_at IS DISTINCT FROM OLD.email_verified_at
                      OR NEW.username IS DISTINCT FROM OLD.username OR NEW.disabled_at IS DISTINCT FROM OLD.disabled_at;
            PERFORM gatehouse.tell_revocation(NEW.realm, NEW.id, NEW.auth_version,
                CASE WHEN renews THEN 'expire' ELSE 'kill' END,
                CASE WHEN is_new_email THEN 'email_changed' WHEN renews THEN 'user_changed' ELSE 'sessions_ended' END);
        END IF;
        RETURN NULL;
    END
    $function$;

    CREATE FUNCTION gatehouse.after_user_deletion() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.tell_revocation(OLD.realm, OLD.id, OLD.auth_version + 1, 'kill', 'removed');
        RETURN NULL;
    END
    $function$;

    CREATE FUNCTION gatehouse.before_users_truncation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.tell_revocation(u.realm, u.id, u.auth_version + 1, 'kill', 'removed') FROM gatehouse.users u;
        RETURN NULL;
    END
    $function$;

    CREATE FUNCTION gatehouse.before_password_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        NEW.updated_at := clock_timestamp();    -- links that were asked for before are void
        RETURN NEW;
    END
    $function$;

    -- A kill that this transaction has written for the user's present version is for this change, too: nobody else has
    -- seen that version yet. One user at a time, so that each is a look into an index.
    CREATE FUNCTION gatehouse.end_sessions(of_user uuid) RETURNS void
    LANGUAGE plpgsql AS $function$
    DECLARE
        version bigint;
        of_realm text;
    BEGIN
        SELECT u.auth_version INTO version FROM gatehouse.users u WHERE u.id = of_user FOR UPDATE;
        IF version IS NULL OR EXISTS (
            SELECT FROM gatehouse.outbox o WHERE o.kind = 'revoke' AND o.payload ->> 'user' = of_user::text
            AND o.payload ->> 'effect' = 'kill' AND (o.payload ->> 'av')::bigint >= version AND o.created_at = now()
        ) THEN
            RETURN;
        END IF;
        WITH changed AS (
            UPDATE gatehouse.users u SET auth_version = u.auth_version + 1, updated_at = now()
            WHERE u.id = of_user RETURNING u.realm, u.id, u.auth_version
        ), told AS (
            INSERT INTO gatehouse.outbox (realm, kind, payload)
            SELECT realm, 'revoke', jsonb_build_object('user', id, 'av', auth_version, 'effect', 'kill') FROM changed
        ), audit AS (
            INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
            SELECT realm, id, 'password_changed', jsonb_build_object('by', session_user) FROM changed
        )
        SELECT realm INTO of_realm FROM changed;
        PERFORM pg_notify('gatehouse_outbox', of_realm);
    END
    $function$;

    CREATE FUNCTION gatehouse.after_password_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.end_sessions(OLD.user_id);
        PERFORM gatehouse.end_sessions(NEW.user_id);
        RETURN NULL;
    END
    $function$;

    CREATE FUNCTION gatehouse.after_password_deletion() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.end_sessions(OLD.user_id);
        RETURN NULL;
    END
    $function$;

    CREATE FUNCTION gatehouse.before_passwords_truncation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.end_sessions(c.user_id) FROM gatehouse.credentials c WHERE c.kind = 'password';
        RETURN NULL;
    END
    $function$;

    -- Not for last_login_at and the like: a login costs no function.
    CREATE TRIGGER before_change BEFORE UPDATE ON gatehouse.users FOR EACH ROW
        WHEN ((OLD.id, OLD.realm, OLD.email, OLD.username, OLD.roles, OLD.auth_version, OLD.email_verified_at,
               OLD.disabled_at)
              IS DISTINCT FROM (NEW.id, NEW.realm, NEW.email, NEW.username, NEW.roles, NEW.auth_version,
                                NEW.email_verified_at, NEW.disabled_at))
        EXECUTE FUNCTION gatehouse.before_user_change();
    CREATE TRIGGER after_change AFTER UPDATE ON gatehouse.users FOR EACH ROW
        WHEN (OLD.auth_version <> NEW.auth_version) EXECUTE FUNCTION gatehouse.after_user_change();
    CREATE TRIGGER after_deletion AFTER DELETE ON gatehouse.users FOR EACH ROW
        EXECUTE FUNCTION gatehouse.after_user_deletion();
    CREATE TRIGGER before_truncation BEFORE TRUNCATE ON gatehouse.users FOR EACH STATEMENT
        EXECUTE FUNCTION gatehouse.before_users_truncation();

    CREATE TRIGGER before_change BEFORE UPDATE ON gatehouse.credentials FOR EACH ROW
        WHEN (NEW.kind = 'password' AND OLD.data <> NEW.data AND OLD.updated_at = NEW.updated_at
              AND OLD.rehashed_at IS NOT DISTINCT FROM NEW.rehashed_at)
        EXECUTE FUNCTION gatehouse.before_password_change();
    CREATE TRIGGER after_change AFTER UPDATE ON gatehouse.credentials FOR EACH ROW
        WHEN ('password' IN (OLD.kind, NEW.kind)
              AND ((OLD.user_id, OLD.kind) IS DISTINCT FROM (NEW.user_id, NEW.kind)
                   OR (OLD.data <> NEW.data AND OLD.rehashed_at IS NOT DISTINCT FROM NEW.rehashed_at)))
        EXECUTE FUNCTION gatehouse.after_password_change();
    CREATE TRIGGER after_deletion AFTER DELETE ON gatehouse.credentials FOR EACH ROW
        WHEN (OLD.kind = 'password') EXECUTE FUNCTION gatehouse.after_password_deletion();
    CREATE TRIGGER before_truncation BEFORE TRUNCATE ON gatehouse.credentials FOR EACH STATEMENT
        EXECUTE FUNCTION gatehouse.before_passwords_truncation();

    CREATE FUNCTION gatehouse.create_user(of_realm text, of_email text, of_name text, roles text[] DEFAULT '{}',
                                          username text DEFAULT NULL, verified boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql AS $function$
    DECLARE
        new_id uuid;
    BEGIN
        INSERT INTO gatehouse.users AS u (realm, email, name, roles, username, email_verified_at)
        VALUES (of_realm, of_email, of_name, create_user.roles, create_user.username,
                CASE WHEN verified THEN now() END)
        ON CONFLICT DO NOTHING RETURNING u.id INTO new_id;
        IF new_id IS NULL THEN
            RAISE EXCEPTION 'realm % has a user with the e-mail % or the username % already', of_realm, of_email,
                create_user.username;
        END IF;
        INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
        VALUES (of_realm, new_id, 'registered', jsonb_build_object('by', session_user));
        RETURN new_id;
    END
    $function$;

    CREATE FUNCTION gatehouse.delete_user(of_realm text, of_email text) RETURNS uuid
    LANGUAGE plpgsql AS $function$
    DECLARE
        gone uuid;
    BEGIN
        DELETE FROM gatehouse.users u
        WHERE u.realm = of_realm AND lower(u.email COLLATE "C") = lower(of_email COLLATE "C") RETURNING u.id INTO gone;
        IF gone IS NULL THEN
            RAISE EXCEPTION 'realm % has no user with the e-mail %', of_realm, of_email;
        END IF;
        RETURN gone;
    END
    $function$;

    CREATE FUNCTION gatehouse.set_password(of_realm text, of_email text, hash text) RETURNS uuid
    LANGUAGE plpgsql AS $function$
    DECLARE
        owner uuid;
    BEGIN
        IF hash IS NULL OR hash !~ '^\$[a-z0-9-]+\$[!-~]{20,}$' THEN
            RAISE EXCEPTION 'this is no hash of a password' USING HINT =
                'Write what mkpasswd -m yescrypt prints: it begins with $y$. A password itself is stored nowhere.';
        END IF;
        SELECT u.id INTO owner FROM gatehouse.users u
        WHERE u.realm = of_realm AND lower(u.email COLLATE "C") = lower(of_email COLLATE "C") FOR UPDATE;
        IF owner IS NULL THEN
            RAISE EXCEPTION 'realm % has no user with the e-mail %', of_realm, of_email;
        END IF;
        -- The user may have lost this very password: its sessions end, too.
        INSERT INTO gatehouse.credentials AS c (user_id, kind, data, updated_at)
        VALUES (owner, 'password', hash, clock_timestamp())
        ON CONFLICT (user_id) WHERE kind = 'password'
        DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at;
        PERFORM gatehouse.end_sessions(owner);
        RETURN owner;
    END
    $function$;

    REVOKE ALL ON FUNCTION gatehouse.tell_revocation(text, uuid, bigint, text, text, jsonb) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.end_sessions(uuid) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.before_user_change(), gatehouse.after_user_change(),
        gatehouse.after_user_deletion(), gatehouse.before_users_truncation(), gatehouse.before_password_change(),
        gatehouse.after_password_change(), gatehouse.after_password_deletion(),
        gatehouse.before_passwords_truncation() FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.create_user(text, text, text, text[], text, boolean) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.delete_user(text, text) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.set_password(text, text, text) FROM PUBLIC;

END IF;
END
$migration$;

COMMIT;
