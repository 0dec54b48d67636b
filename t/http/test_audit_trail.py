"""What a long audit trail costs a login."""

import time

from accounts import API, Account


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
    logins = lambda: postgres.query("select count(*) from gatehouse.audit_events where realm = %s and event = 'login'",
                                    server.realm)[0]["count"]
    before = logins()
    start = time.monotonic()
    account.login()
    assert time.monotonic() - start < 2
    assert logins() == before + 1
