"""The keys of a realm: replacing them without logging anybody out, public ones, and those that are refused."""

import base64
import json
import os
import re
import signal

import pytest

from accounts import API, GUARDED, Account, bearer
from bff_client import BFF, another, assert_failure
from contract import cookies_of
from csrf_client import NAME, Page
from processes import wait_until
from tokens import Mint, base64url, guarded_server, new_key, openssl_jwk


def refusal(server):
    accepted, said = server.test_conf()
    assert not accepted, said
    return next(line for line in said.splitlines() if "[emerg]" in line)


def write_keys(server, *keys):
    path = server.folder.parent / "keys.json"
    path.write_text(json.dumps({"keys": list(keys)}))


def kid(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def status(server, token):
    return server.get("/", headers=bearer(token)).status_code


def test_a_key_is_replaced_without_logging_anybody_out(nginx, keys):
    old, refresh, _ = keys["keys"]
    new, new_refresh = new_key("sig", "access-2"), new_key("gatehouse-refresh", "refresh-2")
    server = nginx(API + GUARDED)
    account = Account(server)
    token = account.access
    wait_until(lambda: status(server, token) == 200, "the guard to be ready")

    write_keys(server, new, old, new_refresh, refresh)
    server.reload()
    wait_until(lambda: status(server, token) == 200, "the old key's token to pass")
    assert kid(account.access) == "access-1"
    assert account.refresh().status_code == 200
    assert (kid(account.access), kid(account.refresh_token)) == ("access-2", "refresh-2")
    assert status(server, account.access) == 200

    write_keys(server, new, new_refresh)
    server.reload()
    assert status(server, token) == 401
    assert status(server, account.access) == 200
    assert account.refresh().status_code == 200


def test_a_page_survives_a_new_key(nginx, keys):
    """The csrf_token of `bff`, and the cookie of `csrf`, for as long as their key is in the file."""
    access, refresh, _ = keys["keys"]
    new = new_key("gatehouse-refresh", "refresh-2")
    text = BFF + "location /auth/ { gatehouse_api %REALM% csrf mount=/; } location = /csrf-token { gatehouse_api %REALM% csrf mount=/; }"
    server = nginx(text, realm={"csrf_rate": "off"})
    client, page = another(server), Page(server)
    body = client.with_csrf(first_name="Jane")
    write_keys(server, access, new, refresh)
    server.reload()
    wait_until(lambda: client.call("GET", "authn/profile").json()["status"] == "success", "the new worker to be ready")
    assert client.call("PUT", "authn/update", json=body).json()["data"]["first_name"] == "Jane"
    fresh = client.with_csrf(first_name="Joan")
    assert fresh["csrf_token"] != body["csrf_token"]
    assert client.call("PUT", "authn/update", json=fresh).json()["data"]["first_name"] == "Joan"
    assert page.post("login", email="a@example.com", password="x").status_code == 401

    write_keys(server, access, new)
    server.reload()
    wait_until(lambda: client.call("GET", "authn/profile").json()["status"] == "success", "the new worker to be ready")
    assert_failure(client.call("PUT", "authn/update", json=body), 403, "Missing or invalid csrf token")
    assert client.call("PUT", "authn/update", json=fresh).json()["status"] == "success"
    refused = server.get("/csrf-token", headers={"Cookie": page.cookie})
    assert refused.status_code == 403 and cookies_of(refused)[NAME][1].endswith("Max-Age=0"), "so the next one has none"
    assert Page(server).post("login", email="a@example.com", password="x").status_code == 401


def test_a_broken_key_file_leaves_the_running_keys(nginx, keys):
    server, mint = guarded_server(nginx, keys, GUARDED)
    (server.folder.parent / "keys.json").write_text("{")
    server.expect_log("keys.json")
    os.kill(server.master, signal.SIGHUP)
    server.wait_for_log(r"\[emerg\].*keys\.json")
    assert status(server, mint.token()) == 200


@pytest.mark.parametrize("kind, algorithm", [("Ed25519", "EdDSA"), ("P-256", "ES256")])
def test_public_keys_sign_and_verify(nginx, keys, upstream, kind, algorithm):
    public = {**openssl_jwk(kind), "use": "sig", "kid": "public-1"}
    server = nginx(API + GUARDED, start=False)
    write_keys(server, public, keys["keys"][1])
    server.start()
    account = Account(server)
    wait_until(lambda: account.visit().status_code == 200, "the guard to be ready")
    upstream.clear()
    head, payload, signature = account.access.split(".")
    assert len(base64.urlsafe_b64decode(signature + "==")) == 64
    mint = Mint(server, keys)  # its own key is not in the set
    assert status(server, mint.token()) == 401
    for material in (public["x"], public.get("y", public["x"]), base64url(json.dumps(public).encode())):
        for alg in ("HS256", algorithm):  # requirement 3: a public key is no HMAC secret
            forged = mint.token(header={"alg": alg, "kid": "public-1", "typ": "at+jwt"}, key={"k": material})
            assert status(server, forged) == 401
    for wrong in (signature[:-4], signature + "AAAA", "A" * 86, "_" * 84 + "8A", "A" * 85 + "Q",
                  signature[43:] + signature[:43]):
        assert status(server, f"{head}.{payload}.{wrong}") == 401
    assert upstream.count == 0


# ---- sets that nginx -t refuses ----

def oct_key(**changes):
    return {**new_key("sig", "a"), **changes}


REFRESH = new_key("gatehouse-refresh", "r")


@pytest.mark.parametrize("keys_made, words", [
    ([], "no key can sign access"), ([oct_key()], "refresh gatehouse-refresh"), ([REFRESH], "no key can sign access"),
    ([oct_key(k=base64url(b"x" * 31)), REFRESH], '"a" 32 31'), ([oct_key(k=""), REFRESH], '"a" base64url'),
    ([oct_key(), oct_key(), REFRESH], '"a" same'), ([oct_key(kid="r"), REFRESH], '"r" same'),
    ([oct_key(use="enc"), REFRESH], '"a" "sig"'), ([oct_key(alg="HS512"), REFRESH], '"a" HS256'),
    ([oct_key(alg="none"), REFRESH], '"a" HS256'), ([oct_key(key_ops=["sign", "encrypt"]), REFRESH], "key_ops"),
    ([oct_key(kty="dir"), REFRESH], "kty"), ([oct_key(kid=None), REFRESH], "kid"),
    ([oct_key(k=base64url(b"x" * 32) + "="), REFRESH],
                                                                                   "padding"),
    ([oct_key(), REFRESH, {"kty": "OKP", "crv": "Ed25519", "kid": "p", "x": base64url(b"x" * 32)}], "HMAC public"),
    ([{"kty": "RSA", "kid": "weak", "n": base64url(b"\xff" * 128), "e": "AQAB"}, REFRESH], '"weak" 2048'),
    ([{"kty": "EC", "crv": "P-521", "kid": "p", "x": "AA", "y": "AA"}, REFRESH], "P-256"), (["x", REFRESH],
                                                                                            "not an object"),
])
def test_requirements_4_and_5_a_bad_key_set_is_refused(nginx, folder, keys_made, words):
    server = nginx(GUARDED, start=False)
    (folder / "keys.json").write_text(json.dumps({"keys": keys_made}))
    said = refusal(server)
    assert re.search(r"keys\.json.*nginx\.conf:\d+", said), said
    assert all(word in said for word in re.findall(r'"[^"]*"|\S+', words)), said
    assert not [key for key in keys_made if isinstance(key, dict) and len(key.get("k", "")) > 8 and key["k"] in said]


# Of two primes k * M + 65537^a mod M, where M is the product of the primes up to 167: made for this test.
ROCA = bytes.fromhex(
    "c08d192958fbe0e70800bee59cde0b586f72140c2d6c2733682cca4e70b32649b58f13d3281dae366e640bfd86b76f319810"
    "0703c73b566ed0ea544152a60ae3047c08446856714dcffe44fae93e2d9841e8281de28191c6728b7b86c51368ebff3da059"
    "871b6248d4d34a3daed27fc7e5c119ac72d188821d9bba8c0403a997f18f5ff2366354360211c761d1d09e67c4c2d89316e6"
    "3fb6b7544526f579104830c57aa1132d12efe79e96d103cac54f6902fc384576a29abfc74935d14a64601bbad6bc981185ee"
    "3777e85865a731504cc928e71d1a19af48fa24cb14268db977b86ff60ea60b1ee1dbac977fc11b8bd728732fb72485f127b9"
    "4e846ee31ea7")


def test_an_rsa_key_that_can_be_factored_is_refused(nginx, folder):
    """Issue 10.29: ROCA, CVE-2017-15361."""
    server = nginx(GUARDED, start=False)
    signing = {"kty": "OKP", "crv": "Ed25519", "kid": "s", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
               "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
    weak = {"kty": "RSA", "kid": "from a card", "n": base64url(ROCA), "e": "AQAB"}
    (folder / "keys.json").write_text(json.dumps({"keys": [signing, weak, REFRESH]}))
    said = refusal(server)
    assert "ROCA" in said and '"from a card"' in said and "make a new one" in said


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"keys": 1}', '{"keys": [], "keys": []}', "\x00", "x" * 300000],
                         ids=range(8))
def test_a_file_that_is_no_key_set_is_refused(nginx, folder, text):
    server = nginx(GUARDED, start=False)
    (folder / "keys.json").write_text(text)
    assert re.search(r"keys\.json.*nginx\.conf:\d+", refusal(server))
