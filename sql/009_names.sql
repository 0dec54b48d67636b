-- A name in two parts, where a user has given it so, and a quick way to a realm's administrators.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(9, 'names') THEN

    ALTER TABLE gatehouse.users
        ADD COLUMN first_name text,
        ADD CONSTRAINT users_first_name_form CHECK (first_name !~ '[[:cntrl:]]');

    COMMENT ON COLUMN gatehouse.users.name IS 'The whole name; what applications see.';
    COMMENT ON COLUMN gatehouse.users.first_name IS
        'How much of the name is the first name, where the user has said so (the dialect bff). It counts while the name '
        'is this, or begins with this and a space; else, and where it is null, the last name is the name''s last word.';

    CREATE INDEX users_administrators ON gatehouse.users (realm) WHERE 'admin' = ANY (roles);

END IF;
END
$migration$;

COMMIT;
