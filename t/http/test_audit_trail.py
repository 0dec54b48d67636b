"""What a long audit trail costs a login."""

from accounts import API, Account
from processes import wait_until


def test_failed_logins_do_not_make_the_next_login_slow(nginx, postgres):
    """Issue 10.6: 216,000 of them cost a second, and then the login's own row and notice."""
    server = nginx(API)
    account = Account(server)
    account.login()
    postgres.query("insert into gatehouse.audit_events (realm, user_id, event, address, user_agent) select %s, %s,"
                   " 'login_failed', '192.0.2.1', 'curl/8' from generate_series(1, 100000)", server.realm, account.id)
    postgres.query("analyze gatehouse.audit_events")
    plan = postgres.query("explain (analyze, format json) select from gatehouse.audit_events a where a.realm = %s"
                          " and a.user_id = %s and a.event = 'login' and a.at > now() - interval '90 days'"
                          " and a.address = '192.0.2.9' and a.user_agent = 'x'", server.realm, account.id)
    assert plan[0]["QUERY PLAN"][0]["Plan"].get("Rows Removed by Filter", 0) == 0

    def rows_touched():
        seen = postgres.query("select seq_tup_read + idx_tup_fetch as read, n_tup_ins as written"
                              " from pg_stat_user_tables where relid = 'gatehouse.audit_events'::regclass")[0]
        return seen["read"], seen["written"]

    read, written = rows_touched()
    account.login()
    wait_until(lambda: rows_touched()[1] > written, "the statistics of the login's own row")
    assert rows_touched()[0] - read < 1000
