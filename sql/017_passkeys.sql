-- Passkeys (WebAuthn Level 3): what of one is kept beside its public key, which is in factors.data as
-- SubjectPublicKeyInfo and no secret.

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(17, 'passkeys') THEN

    ALTER TABLE gatehouse.factors
        ADD COLUMN credential_id   bytea,
        ADD COLUMN algorithm       integer,
        ADD COLUMN sign_count      bigint  NOT NULL DEFAULT 0,
        ADD COLUMN backup_eligible boolean NOT NULL DEFAULT false,
        ADD COLUMN backed_up       boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT factors_passkey CHECK (
            kind <> 'passkey' OR (octet_length(credential_id) BETWEEN 1 AND 1023 AND algorithm IS NOT NULL));

    -- One authenticator's key is one account's (WebAuthn 7.1, step 26).
    CREATE UNIQUE INDEX factors_credential ON gatehouse.factors (realm, credential_id);

    COMMENT ON COLUMN gatehouse.factors.algorithm IS 'Of a passkey: the COSE number, -7, -8 or -257.';
    COMMENT ON COLUMN gatehouse.factors.sign_count IS
        'Of a passkey: the counter of its last use. One that does not grow is of a copy, and refused; 0: it does not count.';
    COMMENT ON COLUMN gatehouse.factors.backed_up IS 'Of a passkey: it is on more than one device, as it said at its last use.';

END IF;
END
$migration$;

COMMIT;
