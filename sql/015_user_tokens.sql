-- Tokens of users, for clients that are no browser. Of a token itself only the SHA-256 is stored. Whatever ends one or
-- changes what it may do, by whomever, reaches nginx through the outbox, as the changes of users do (010).
--
-- What an administrator does by psql, as the owner of the schema:
--
--     SELECT gatehouse.create_service_account('main', 'backup', 'Nightly backup', roles => '{reader}');
--     SELECT gatehouse.create_token('main', 'backup', 'host7', scopes => '{metrics:read}');
--     DELETE FROM gatehouse.user_tokens WHERE id = '…';
--
-- A service account is a user without a password, known by its username; its e-mail, in a domain that cannot exist, is
-- nobody's mailbox. create_token(), by username or e-mail, returns the token: nothing else will ever show it.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(15, 'user_tokens') THEN

    CREATE TABLE gatehouse.user_tokens (
        id                uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
        realm             text        NOT NULL,
        user_id           uuid        NOT NULL REFERENCES gatehouse.users ON DELETE CASCADE,
        name              text        NOT NULL,
        sha256            bytea       NOT NULL UNIQUE,
        scopes            text[]      NOT NULL DEFAULT '{}',
        networks          cidr[]      NOT NULL DEFAULT '{}',
        expires_at        timestamptz,
        created_at        timestamptz NOT NULL DEFAULT now(),
        last_used_on      date,
        last_used_address text,
        last_used_agent   text,

        CONSTRAINT user_tokens_name_form CHECK (
            length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]\u2028-\u202E\u2066-\u2069\uFEFF]'),
        CONSTRAINT user_tokens_sha256_form CHECK (octet_length(sha256) = 32),
        -- RFC 6749 §3.3, without a comma: in a variable they are joined by one.
        CONSTRAINT user_tokens_scopes_form CHECK (
            array_to_string(scopes, ' ') COLLATE "C" ~ '^([]!#-+.-[^-~-]+( []!#-+.-[^-~-]+)*)?$'
            AND cardinality(string_to_array(array_to_string(scopes, ' '), ' ')) = cardinality(scopes)
            AND cardinality(scopes) <= 32),
        CONSTRAINT user_tokens_networks_form CHECK (cardinality(networks) <= 32)
    );

    CREATE INDEX user_tokens_user ON gatehouse.user_tokens (user_id);

    COMMENT ON TABLE gatehouse.user_tokens IS
        'App passwords and API keys. A deleted row ends the token on every node. No scopes: good where none is asked for.';
    COMMENT ON COLUMN gatehouse.user_tokens.last_used_on IS
        'With the two after it: written when a worker first sees the token, not for every request.';

    -- The end of a token is that of a session of its id. `av` 0: it is about no version of the user.
    CREATE FUNCTION gatehouse.tell_token_end(of_realm text, of_user uuid, token uuid, event text) RETURNS void
    LANGUAGE plpgsql AS $function$
    BEGIN
        -- With the user all his tokens go: the kill says so. nginx's own statement has said it itself.
        IF NOT EXISTS (SELECT FROM gatehouse.users u WHERE u.id = of_user)
           OR EXISTS (SELECT FROM gatehouse.outbox o WHERE o.kind = 'revoke' AND o.payload ->> 'user' = of_user::text
                      AND o.payload ->> 'session' = token::text AND o.created_at = now()) THEN
            RETURN;
        END IF;
        INSERT INTO gatehouse.outbox (realm, kind, payload)
        VALUES (of_realm, 'revoke',
                jsonb_build_object('user', of_user, 'av', 0, 'effect', 'end', 'session', token));
        INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
        VALUES (of_realm, of_user, event, jsonb_build_object('by', session_user, 'token', token));
        PERFORM pg_notify('gatehouse_outbox', of_realm);
    END
    $function$;

    CREATE FUNCTION gatehouse.after_token_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.tell_token_end(OLD.realm, OLD.user_id, OLD.id, 'token_ended');
        RETURN NULL;
    END
    $function$;

    -- What is known of a token in the workers would be out of date: the row goes on under an id of its own.
    CREATE FUNCTION gatehouse.before_token_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        NEW.id := gen_random_uuid();
        PERFORM gatehouse.tell_token_end(OLD.realm, OLD.user_id, OLD.id, 'token_changed');
        RETURN NEW;
    END
    $function$;

    CREATE FUNCTION gatehouse.before_tokens_truncation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        PERFORM gatehouse.tell_token_end(t.realm, t.user_id, t.id, 'token_ended') FROM gatehouse.user_tokens t;
        RETURN NULL;
    END
    $function$;

    CREATE TRIGGER after_deletion AFTER DELETE ON gatehouse.user_tokens FOR EACH ROW
        EXECUTE FUNCTION gatehouse.after_token_end();
    CREATE TRIGGER before_change BEFORE UPDATE ON gatehouse.user_tokens FOR EACH ROW
        WHEN ((OLD.id, OLD.realm, OLD.user_id, OLD.sha256, OLD.scopes, OLD.networks, OLD.expires_at)
              IS DISTINCT FROM
              (NEW.id, NEW.realm, NEW.user_id, NEW.sha256, NEW.scopes, NEW.networks, NEW.expires_at))
        EXECUTE FUNCTION gatehouse.before_token_change();
    CREATE TRIGGER before_truncation BEFORE TRUNCATE ON gatehouse.user_tokens FOR EACH STATEMENT
        EXECUTE FUNCTION gatehouse.before_tokens_truncation();

    CREATE FUNCTION gatehouse.create_service_account(of_realm text, of_username text, of_name text,
                                                     roles text[] DEFAULT '{}') RETURNS uuid
    LANGUAGE plpgsql AS $function$
    BEGIN
        IF of_username IS NULL OR of_username !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' THEN
            RAISE EXCEPTION 'the username of a service account is of letters, digits, dots, dashes and underscores';
        END IF;
        RETURN gatehouse.create_user(of_realm, lower(of_username) || '@service.invalid', of_name, roles => roles,
                                     username => of_username);
    END
    $function$;

    -- CRC-32 as zlib has it (gate/user_token.h).
    CREATE FUNCTION gatehouse.crc32(of_bytes bytea) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT AS $function$
    DECLARE
        crc bigint := 4294967295;
    BEGIN
        FOR i IN 0 .. octet_length(of_bytes) - 1 LOOP
            crc := crc # get_byte(of_bytes, i);
            FOR bit IN 1 .. 8 LOOP
                crc := CASE WHEN crc & 1 = 1 THEN (crc >> 1) # 3988292384 ELSE crc >> 1 END;
            END LOOP;
        END LOOP;
        RETURN crc # 4294967295;
    END
    $function$;

    CREATE FUNCTION gatehouse.create_token(of_realm text, of_user text, of_name text, scopes text[] DEFAULT '{}',
                                           networks cidr[] DEFAULT '{}', expires_at timestamptz DEFAULT NULL)
        RETURNS text
    LANGUAGE plpgsql AS $function$
    DECLARE
        owner uuid;
        new_id uuid;
        -- 366 random bits of PostgreSQL's strong source, made 256.
        random CONSTANT bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                                        || uuid_send(gen_random_uuid()));
        token text;
    BEGIN
        SELECT u.id INTO owner FROM gatehouse.users u
        WHERE u.realm = of_realm AND (lower(u.email COLLATE "C") = lower(of_user COLLATE "C")
                                      OR lower(u.username COLLATE "C") = lower(of_user COLLATE "C"));
        IF owner IS NULL THEN
            RAISE EXCEPTION 'realm % has no user %', of_realm, of_user;
        END IF;
        token := 'gth_' || rtrim(translate(encode(random, 'base64'), '+/', '-_'), '=');
        token := token || rtrim(translate(encode(
            substring(int8send(gatehouse.crc32(convert_to(token, 'UTF8'))) FROM 5), 'base64'), '+/', '-_'), '=');
        INSERT INTO gatehouse.user_tokens AS t (realm, user_id, name, sha256, scopes, networks, expires_at)
        VALUES (of_realm, owner, of_name, sha256(convert_to(token, 'UTF8')), create_token.scopes,
                create_token.networks, create_token.expires_at)
        RETURNING t.id INTO new_id;
        INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
        VALUES (of_realm, owner, 'token_created', jsonb_build_object('by', session_user, 'token', new_id));
        RETURN token;
    END
    $function$;

    CREATE OR REPLACE FUNCTION gatehouse.grant_to(nginx_role text) RETURNS void
    LANGUAGE plpgsql AS $function$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = nginx_role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', nginx_role);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA gatehouse TO %I', nginx_role);
        EXECUTE format('GRANT SELECT ON gatehouse.schema_version TO %I', nginx_role);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.users, gatehouse.credentials,'
                       ' gatehouse.one_time_tokens, gatehouse.outbox, gatehouse.user_tokens TO %I', nginx_role);
        EXECUTE format('GRANT SELECT, INSERT ON gatehouse.audit_events TO %I', nginx_role);
    END
    $function$;

    REVOKE ALL ON FUNCTION gatehouse.tell_token_end(text, uuid, uuid, text) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.after_token_end(), gatehouse.before_token_change(),
        gatehouse.before_tokens_truncation() FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.create_service_account(text, text, text, text[]) FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.create_token(text, text, text, text[], cidr[], timestamptz) FROM PUBLIC;

END IF;
END
$migration$;

COMMIT;
