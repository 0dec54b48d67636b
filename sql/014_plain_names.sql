-- No name holds what ends a line or turns the direction of text (U+2028–U+202E, U+2066–U+2069, U+FEFF): one user could
-- be made to look like another. In names that there are already, "_" takes their place.

BEGIN;

DO $migration$
DECLARE
    forbidden CONSTANT text := '[\u2028-\u202E\u2066-\u2069\uFEFF]';
BEGIN
IF gatehouse.begin_migration(14, 'plain_names') THEN

    UPDATE gatehouse.users
    SET name = regexp_replace(name, forbidden, '_', 'g'),
        first_name = regexp_replace(first_name, forbidden, '_', 'g'),
        -- With some of the id, since the username may be taken without.
        username = CASE WHEN username ~ forbidden
                        THEN regexp_replace(username, forbidden, '_', 'g') || '_' || left(id::text, 8)
                        ELSE username END
    WHERE concat(name, first_name, username) ~ forbidden;

    ALTER TABLE gatehouse.users
        ADD CONSTRAINT users_plain_names CHECK (
            name !~ '[\u2028-\u202E\u2066-\u2069\uFEFF]'
            AND first_name !~ '[\u2028-\u202E\u2066-\u2069\uFEFF]'
            AND username !~ '[\u2028-\u202E\u2066-\u2069\uFEFF]');

END IF;
END
$migration$;

COMMIT;
