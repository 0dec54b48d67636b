"""Servers that send mail, and what is in the mails."""

import re
from urllib.parse import parse_qs, urlsplit

from accounts import API, GUARDED
from processes import wait_until
from stores import TREE


# A client's address is what nginx says; here a test says it to nginx. An account's own limit does not count where it is
# used, which is 127.0.0.1.
REALIP = "set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;"


def from_address(address):
    return {"X-Test-Address": address}


ELSEWHERE = from_address("192.0.2.7")


def mail_settings(mail_server, **more):
    """The directives of a realm that sends mail."""
    return {"smtp": f"{mail_server.url} from=auth@example.com starttls=off timeout=5s", "mails": str(TREE / "mails"),
            "verify_email": "on", **more}


def links_in(mail):
    """Of the text, each of which must be in the HTML too."""
    links = re.findall(r"https?://\S+", mail.text)
    assert all(link in mail.html for link in links)
    return links


def token_in(mail, path=None):
    (link,) = [each for each in links_in(mail) if "token=" in each]
    if path is not None:
        assert urlsplit(link).path == path
    return parse_qs(urlsplit(link).query)["token"][0]


def wait_for_link(mail_server, to, path):
    """The next link to there, as path and query, whatever other mails there are."""
    while True:
        for link in map(urlsplit, links_in(mail_server.wait_for_mail(to))):
            if link.path == path and link.query:
                return f"{link.path}?{link.query}"


class Outbox:
    """The mails of a server's realm as an administrator sees them, and his hand on the clock."""

    def __init__(self, postgres, server):
        self.postgres, self.realm = postgres, server.realm

    def rows(self, to=None):
        rows = self.postgres.query("select * from gatehouse.mails where realm = %s order by id", self.realm)
        return [row for row in rows if to in (None, row["recipient"])]

    def states(self, to=None):
        return [(row["letter"], row["state"]) for row in self.rows(to)]

    def wait_for(self, *states, to=None, limit=15.0):
        wait_until(lambda: self.states(to) == list(states), f"{states}, not {self.states(to)}", limit)

    def wait_until_empty(self):
        wait_until(lambda: not any(row["state"] == "queued" for row in self.rows()), "nothing to be queued", 15)

    def hurry(self):
        """What waits is due now."""
        self.postgres.query("update gatehouse.outbox set due_at = now() where realm = %s and state = 'queued'", self.realm)

    def expire_links(self):
        self.postgres.query("update gatehouse.one_time_tokens t set expires_at = now() - interval '1 s'"
                            " from gatehouse.users u where u.id = t.user_id and u.realm = %s", self.realm)


class Mailing:
    """A server with mail, and its outbox."""

    def __init__(self, nginx, mail_server, postgres, text=API + GUARDED, workers=2, log_level="info", **realm):
        self.server = nginx(text, realm=mail_settings(mail_server, **realm), workers=workers, log_level=log_level)
        self.outbox = Outbox(postgres, self.server)

    def post(self, route, headers=None, **body):
        return self.server.post("/auth/" + route, json=body, headers=headers)
