"""How long the audit trail is kept."""

from accounts import API
from processes import wait_until


def test_old_events_go_and_younger_ones_stay(nginx, postgres):
    """Issue 10.6: audit_retention, in bounded steps."""
    server = nginx(API, realm={"audit_retention": "30d"}, start=False)
    for realm, days, count in ((server.realm, 31, 2500), (server.realm, 29, 10), (server.realm + "-other", 31, 10)):
        postgres.query("insert into gatehouse.audit_events (realm, event, at) select %s, 'login_failed',"
                       " now() - %s * interval '1 day' from generate_series(1, %s)", realm, days, count)
    left = lambda realm: postgres.query("select count(*) from gatehouse.audit_events where realm = %s", realm)[0]["count"]
    server.start()
    wait_until(lambda: left(server.realm) == 10, "the old ones to go", 20)
    assert left(server.realm + "-other") == 10
