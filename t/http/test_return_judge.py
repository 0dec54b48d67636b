"""Return addresses, judged by a WHATWG URL parser that is not ours: Node's."""

import itertools
import json
import subprocess

import pytest

from browser import Browser

BASE = "https://example.com/auth/login"
STARTS = ["/", "//", "///", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "/ /", "/./", "/../", "/.//", "/%09/", "/%5c", "/%2f",
          "/%2f%2f", "/;/", "/?", "/#", "/:", "/@", "", ".", "..", ":", "@", "?", "#", "http:", "http:/", "https://", "https:/\\",
          "javascript:", "data:", "\t//", " //", "\x00//", "/\x00/", "\u2028//", "/\uff0f", "/\u2044", "//\u3002", "/\xa0/"]
ENDS = ["evil.com", "evil.com/", "@evil.com", "evil.com:80/a?b#c", "user:pw@evil.com", "[::1]", "127.0.0.1", "evil%2ecom", "\u24d4vil.com",
        "alert(1)", "evil.com\\@example.com", "\tevil.com", "..//evil.com"]
JUDGE = """
const addresses = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const origin = new URL(process.argv[1]).origin;
const stays = a => { try { return new URL(a, process.argv[1]).origin === origin } catch { return false } };
console.log(JSON.stringify(addresses.map(stays)));
"""


def stays_here(addresses):
    said = subprocess.run(["node", "-e", JUDGE, BASE], input=json.dumps(addresses), capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


@pytest.mark.limit(120)
def test_requirement_44_every_accepted_address_stays_on_this_site(nginx):
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; }", realm={"cookie_secure": "off", "password": "blocklist=off memory=7m iterations=5"})
    browser = Browser(server)
    browser.register()
    addresses = ["".join(pair) for pair in itertools.product(STARTS, ENDS)][::4]
    # A NUL is refused with the whole form.
    where = [browser.login(**{"return": address}).headers.get("Location", "/") for address in addresses]
    accepted = [address for address, to in zip(addresses, where) if to == address]
    assert len(accepted) > 10
    assert all(to in ("/", address) for address, to in zip(addresses, where))
    assert all(stays_here(accepted)), [a for a, stays in zip(accepted, stays_here(accepted)) if not stays]
