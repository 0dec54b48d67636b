"""Whether those who are logged in stay so when a realm's public_url changes."""

import re

import pytest

from accounts import API, GUARDED, Account

WARNING = re.compile(r"\[warn\] .*gatehouse: realm \"(\w+)\": the issuer is \"(\S+)\" instead of \"(\S+)\", so every user has to "
                     r"log in again; write \"issuer \3;\" to keep them logged in")
OTHER = "https://other.example.com"


def reload_with(server, *changes):
    text = (server.folder / "nginx.conf").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    server.write_conf(text)
    server.reload()


@pytest.fixture
def account(nginx):
    return Account(nginx(API + GUARDED))


def test_another_public_url_and_the_issuer_kept_keeps_everybody_in(account):
    """Issue 10.26"""
    server = account.server
    reload_with(server, (f"public_url {server.url};", f"public_url {OTHER}; issuer {server.url};"))
    assert account.visit().status_code == 200 and account.refresh().status_code == 200 and account.visit().status_code == 200
    assert not WARNING.search(server.error_log())


def test_another_public_url_alone_ends_every_session_and_the_reload_says_so(account):
    """Issue 10.26: nginx -t cannot know; whoever reloads learns what to write before everybody has logged in again."""
    server = account.server
    was = server.url
    reload_with(server, (f"public_url {was};", f"public_url {OTHER};"))
    assert account.visit().status_code == 401 and account.refresh().status_code == 403
    assert WARNING.search(server.error_log()).groups() == (server.realm, OTHER, was)
    reload_with(server, (f"public_url {OTHER};", f"public_url {OTHER}; issuer {was};"))
    assert account.visit().status_code == 200


def test_a_reload_that_changes_no_issuer_says_nothing(account):
    reload_with(account.server, ("registration open;", "registration closed;"))
    assert account.visit().status_code == 200 and not WARNING.search(account.server.error_log())
