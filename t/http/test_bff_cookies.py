"""When a browser's cookies of the `bff` contract are cleared, and when they are not set."""

import time

import pytest

from bff_client import BFF, CLEARED, another, as_cookies, assert_failure, assert_success
from browser import set_cookies


@pytest.fixture
def client(nginx):
    return another(nginx(BFF))


@pytest.mark.parametrize("platform", ["browser", "app"])
def test_who_has_deleted_his_account_is_given_no_tokens(nginx, platform):
    """The access token has run out, so the request is let in by the refresh token."""
    client = another(nginx(BFF, realm={"access_lifetime": "1s"}))
    body = client.with_csrf()
    time.sleep(1.2)
    headers = as_cookies(client.tokens) if platform == "browser" else client.tokens
    answer = client.call("DELETE", "authn/delete", platform, tokens={}, headers=headers, json=body)
    assert_success(answer)
    assert set_cookies(answer) == (CLEARED if platform == "browser" else [])
    assert not any(name.startswith("iam-") for name in answer.headers)
