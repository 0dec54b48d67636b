-- Mail: what has become of each, and one link at a time for each purpose. To see it:
--
--     SELECT * FROM gatehouse.mails WHERE state <> 'sent' ORDER BY id;
--
-- To have one tried again at once that waits or has failed:
--
--     UPDATE gatehouse.outbox SET state = 'queued', attempts = 0, created_at = now(), due_at = now() WHERE id = 42;

BEGIN;

DO $migration$
BEGIN
IF gatehouse.begin_migration(8, 'mail') THEN

    ALTER TABLE gatehouse.outbox
        ADD COLUMN state   text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
        ADD COLUMN reply   text NOT NULL DEFAULT '',
        ADD COLUMN done_at timestamptz;

    CREATE INDEX outbox_mails_due ON gatehouse.outbox (realm, due_at) WHERE kind = 'mail' AND state = 'queued';
    CREATE INDEX outbox_mails_done ON gatehouse.outbox (realm, done_at) WHERE kind = 'mail' AND done_at IS NOT NULL;
    CREATE INDEX outbox_mails_of ON gatehouse.outbox ((payload ->> 'user'), id) WHERE kind = 'mail';

    COMMENT ON TABLE gatehouse.outbox IS
        'What is to be done: mail to send, and sessions to end in Redis (revoke). A revocation that is done is '
        'deleted, a mail some days later. A row outlives its user, so it refers to none.';
    COMMENT ON COLUMN gatehouse.outbox.payload IS
        'Holds no secret: the token of a link is made when its mail is sent, and is stored nowhere.';
    COMMENT ON COLUMN gatehouse.outbox.state IS 'Of a mail: queued until it is sent or has failed for good.';
    COMMENT ON COLUMN gatehouse.outbox.reply IS 'Of a mail: the last words of the mail server, or about it.';
    COMMENT ON COLUMN gatehouse.outbox.done_at IS 'When a mail was sent, or given up.';

    CREATE VIEW gatehouse.mails AS
        SELECT id, realm, payload ->> 'letter' AS letter, payload ->> 'to' AS recipient, state, attempts, reply,
               created_at, due_at, done_at
        FROM gatehouse.outbox WHERE kind = 'mail';

    COMMENT ON VIEW gatehouse.mails IS 'Every mail of the last days: queued, sent or failed, with the server''s words.';

    DELETE FROM gatehouse.one_time_tokens;
    DROP INDEX gatehouse.one_time_tokens_user;
    CREATE UNIQUE INDEX one_time_tokens_purpose ON gatehouse.one_time_tokens (user_id, purpose);

    COMMENT ON TABLE gatehouse.one_time_tokens IS
        'Tokens that work once, until they expire, for one purpose (verify, change_email, reset), one user and the '
        'e-mail they were sent to. A new one takes the place of the one before.';

END IF;
END
$migration$;

COMMIT;
