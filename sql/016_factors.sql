-- Second factors, and the recovery codes of who has lost them. The secret of an authenticator app is sealed with a key of
-- the realm that is not in the database; of a recovery code only a hash is stored. How many secrets a key is still
-- needed for:
--
--     SELECT key_id, count(*) FROM gatehouse.factors GROUP BY key_id;
--
-- What an administrator does by psql, as the owner of the schema, for who has lost all of them:
--
--     SELECT gatehouse.remove_factors('main', 'ann@example.com');
--
-- That is in the audit trail, and the user is told by mail.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(16, 'factors') THEN

    ALTER TABLE gatehouse.users
        ADD COLUMN factor_version bigint NOT NULL DEFAULT 1,
        ADD COLUMN factor_asked_at timestamptz;

    COMMENT ON COLUMN gatehouse.users.factor_version IS
        'Raised by every change of second factors and of the password; browsers that were remembered before are not any '
        'more.';
    COMMENT ON COLUMN gatehouse.users.factor_asked_at IS
        'When the user, who had none, was first asked for a second factor: mfa_grace begins then.';

    CREATE TABLE gatehouse.factors (
        id                uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
        realm             text        NOT NULL,
        user_id           uuid        NOT NULL REFERENCES gatehouse.users ON DELETE CASCADE,
        kind              text        NOT NULL CHECK (kind IN ('totp', 'passkey')),
        name              text        NOT NULL,
        key_id            text,
        data              bytea       NOT NULL,
        last_step         bigint      NOT NULL DEFAULT 0,
        created_at        timestamptz NOT NULL DEFAULT now(),
        last_used_at      timestamptz,
        last_used_address text,
        last_used_agent   text,

        CONSTRAINT factors_name_form CHECK (
            length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]\u2028-\u202E\u2066-\u2069\uFEFF]'),
        CONSTRAINT factors_sealed CHECK (kind <> 'totp' OR key_id IS NOT NULL)
    );

    CREATE INDEX factors_user ON gatehouse.factors (user_id);

    COMMENT ON TABLE gatehouse.factors IS
        'Second factors: authenticator apps (totp) and passkeys. A row is there once its user has shown that it works.';
    COMMENT ON COLUMN gatehouse.factors.key_id IS 'The kid of the key that data is sealed with; null: it is no secret.';
    COMMENT ON COLUMN gatehouse.factors.last_step IS
        'Of an app: the period of the last code that was accepted (RFC 6238). No code of it or before is any more.';

    CREATE TABLE gatehouse.recovery_codes (
        user_id uuid        NOT NULL REFERENCES gatehouse.users ON DELETE CASCADE,
        sha256  bytea       NOT NULL CHECK (octet_length(sha256) = 32),
        used_at timestamptz,

        PRIMARY KEY (user_id, sha256)
    );

    COMMENT ON TABLE gatehouse.recovery_codes IS 'Each is good once, instead of a second factor.';

    -- Whoever changes what a user can log in with, and however: no browser that was remembered before is any more.
    CREATE FUNCTION gatehouse.forget_browsers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            UPDATE gatehouse.users u SET factor_version = u.factor_version + 1 WHERE u.id = OLD.user_id;
        END IF;
        IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id) THEN
            UPDATE gatehouse.users u SET factor_version = u.factor_version + 1 WHERE u.id = NEW.user_id;
        END IF;
        RETURN NULL;
    END
    $function$;

    CREATE TRIGGER after_addition AFTER INSERT OR DELETE ON gatehouse.factors FOR EACH ROW
        EXECUTE FUNCTION gatehouse.forget_browsers();
    CREATE TRIGGER after_move AFTER UPDATE ON gatehouse.factors FOR EACH ROW
        WHEN (NEW.user_id <> OLD.user_id OR NEW.kind <> OLD.kind) EXECUTE FUNCTION gatehouse.forget_browsers();
    CREATE TRIGGER after_new_password AFTER UPDATE ON gatehouse.credentials FOR EACH ROW
        WHEN (NEW.kind = 'password' AND OLD.data <> NEW.data AND OLD.rehashed_at IS NOT DISTINCT FROM NEW.rehashed_at)
        EXECUTE FUNCTION gatehouse.forget_browsers();

    -- How many there were.
    CREATE FUNCTION gatehouse.remove_factors(of_realm text, of_email text) RETURNS bigint
    LANGUAGE plpgsql AS $function$
    DECLARE
        owner gatehouse.users;
        removed bigint;
    BEGIN
        SELECT u.* INTO owner FROM gatehouse.users u
        WHERE u.realm = of_realm AND lower(u.email COLLATE "C") = lower(of_email COLLATE "C") FOR UPDATE;
        IF owner.id IS NULL THEN
            RAISE EXCEPTION 'realm % has no user with the e-mail %', of_realm, of_email;
        END IF;
        DELETE FROM gatehouse.factors f WHERE f.user_id = owner.id;
        GET DIAGNOSTICS removed = ROW_COUNT;
        DELETE FROM gatehouse.recovery_codes r WHERE r.user_id = owner.id;
        UPDATE gatehouse.users u SET factor_asked_at = NULL WHERE u.id = owner.id;
        INSERT INTO gatehouse.audit_events (realm, user_id, event, detail)
        VALUES (of_realm, owner.id, 'factors_removed', jsonb_build_object('by', session_user, 'factors', removed));
        INSERT INTO gatehouse.outbox (realm, kind, payload)
        VALUES (of_realm, 'mail', jsonb_build_object(
            'letter', 'factors-removed', 'purpose', NULL, 'to_verified', false, 'language', '', 'link', '', 'lifetime', 0,
            'address', '', 'user_agent', '', 'message_id', replace(gen_random_uuid()::text, '-', ''),
            'user', owner.id, 'name', owner.name, 'to', owner.email));
        PERFORM pg_notify('gatehouse_outbox', of_realm || '/mail');
        RETURN removed;
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
                       ' gatehouse.one_time_tokens, gatehouse.outbox, gatehouse.user_tokens, gatehouse.factors,'
                       ' gatehouse.recovery_codes TO %I', nginx_role);
        EXECUTE format('GRANT SELECT, INSERT ON gatehouse.audit_events TO %I', nginx_role);
    END
    $function$;

    REVOKE ALL ON FUNCTION gatehouse.forget_browsers() FROM PUBLIC;
    REVOKE ALL ON FUNCTION gatehouse.remove_factors(text, text) FROM PUBLIC;

END IF;
END
$migration$;

COMMIT;
