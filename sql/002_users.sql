-- The users of every realm. Letter case in e-mail and username is kept, but does not tell two users apart.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(2, 'users') THEN

    CREATE TABLE gatehouse.users (
        id                uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
        realm             text        NOT NULL,
        email             text        NOT NULL,
        username          text,
        name              text        NOT NULL,
        roles             text[]      NOT NULL DEFAULT '{}',
        metadata          jsonb       NOT NULL DEFAULT '{}',
        auth_version      bigint      NOT NULL DEFAULT 1,
        email_verified_at timestamptz,
        disabled_at       timestamptz,
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        last_login_at     timestamptz,
        last_logout_at    timestamptz,

        CONSTRAINT users_email_form CHECK (email COLLATE "C" ~ '^[!-?A-~]+@[!-?A-~]+$' AND length(email) <= 254),
        -- Without an @, so that no username can be taken for another's e-mail.
        CONSTRAINT users_username_form CHECK (username ~ '^[^@[:cntrl:]]+$'),
        CONSTRAINT users_name_form CHECK (name !~ '[[:cntrl:]]'),
        -- Upstream the roles are one header, joined by commas.
        CONSTRAINT users_roles_form CHECK (
            array_to_string(roles, ',') ~ '^([^,[:cntrl:]]+(,[^,[:cntrl:]]+)*)?$'
            AND cardinality(string_to_array(array_to_string(roles, ','), ',')) = cardinality(roles)),
        CONSTRAINT users_metadata_form CHECK (jsonb_typeof(metadata) = 'object')
    );

    -- The names of these two tell nginx which value was taken.
    CREATE UNIQUE INDEX users_realm_email ON gatehouse.users (realm, lower(email COLLATE "C"));
    CREATE UNIQUE INDEX users_realm_username ON gatehouse.users (realm, lower(username COLLATE "C"));

    COMMENT ON TABLE gatehouse.users IS
        'One row a user of a realm. Change roles and disabled_at with the functions set_roles() and set_disabled().';
    COMMENT ON COLUMN gatehouse.users.id IS 'What tokens and applications know the user by; never used again.';
    COMMENT ON COLUMN gatehouse.users.email IS 'As typed. Identity for applications only if verified.';
    COMMENT ON COLUMN gatehouse.users.auth_version IS
        'Raised by every change of password, email, roles or disabled_at; older sessions and tokens lose their worth.';
    COMMENT ON COLUMN gatehouse.users.disabled_at IS 'Set: the user cannot log in.';

END IF;
END
$migration$;

COMMIT;
