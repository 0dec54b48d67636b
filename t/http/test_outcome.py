"""$gatehouse_outcome and $gatehouse_reason, in the access log."""

import time

import pytest
import requests

from accounts import API, Account
from processes import wait_until
from tokens import Mint

LOG = """log_format verdict '$uri $gatehouse_outcome "$gatehouse_reason"';"""
LOCATIONS = API + """
access_log %FOLDER%/verdicts.log verdict;
location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /optional/ { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }
location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }
location /open/ { proxy_pass %UPSTREAM%; }
location /recent/ { gatehouse %REALM%; gatehouse_require mfa; proxy_pass %UPSTREAM%; }
"""


@pytest.fixture
def server(nginx):
    return nginx(LOCATIONS, http=LOG)


def verdict(server, path, **options):
    """What the log says of the request, without its path."""
    file = server.folder / "verdicts.log"

    def lines():
        return [line for line in file.read_text().splitlines() if line.startswith(path + " ")]

    known = len(lines())
    requests.get(server.url + path, allow_redirects=False, **options)
    wait_until(lambda: len(lines()) > known, "a line in the log")
    return lines()[-1].removeprefix(path + " ")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.quick
def test_who_is_let_in_and_who_is_not(server):
    account = Account(server)
    assert verdict(server, "/", headers=bearer(account.access)) == 'allowed "-"'
    assert verdict(server, "/") == 'unauthenticated "no credentials"'
    assert verdict(server, "/optional/") == 'anonymous "no credentials"'
    assert verdict(server, "/open/", headers=bearer(account.access)) == '- "-"'
    assert verdict(server, "/admin/", headers=bearer(account.access)) == 'forbidden "role=admin"'
    assert verdict(server, "/recent/", headers=bearer(account.access)) == 'step_up "mfa"'


def test_what_is_wrong_with_a_token(server, keys):
    account = Account(server)
    mint = Mint(server, keys)
    assert verdict(server, "/", headers={"Authorization": "Bearer "}) == 'unauthenticated "malformed"'
    assert verdict(server, "/", headers=bearer("x.y.z")) == 'unauthenticated "malformed"'
    assert verdict(server, "/", headers=bearer(account.access[:-8] + "AAAAAAAA")) == 'unauthenticated "bad signature"'
    assert verdict(server, "/", headers=bearer(mint.token(exp=int(time.time()) - 100, iat=int(time.time()) - 200))) == 'unauthenticated "expired"'
    assert requests.post(server.url + "/auth/logout", headers=bearer(account.access)).status_code in (200, 204)
    wait_until(lambda: verdict(server, "/", headers=bearer(account.access)) == 'unauthenticated "revoked"', "it is revoked")


def test_another_sites_page_and_two_users(server):
    account, other = Account(server), Account(server)
    cookie = {"Cookie": f"__Host-gatehouse={account.access}"}
    assert verdict(server, "/", headers={**cookie, "Sec-Fetch-Site": "cross-site", "Upgrade": "websocket", "Connection": "Upgrade"}).startswith('forbidden "another site')
    assert verdict(server, "/", headers={**cookie, **bearer(other.access)}) == 'ambiguous "two credentials"'
