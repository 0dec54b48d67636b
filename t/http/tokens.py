"""Access tokens that a test makes itself, with the realm's key: right ones cheaply, and wrong ones of every kind."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import subprocess
import time

from accounts import bearer
from processes import wait_until

ABSENT = object()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_bytes(jwk):
    return base64.urlsafe_b64decode(jwk["k"] + "=" * (-len(jwk["k"]) % 4))


def new_key(use, kid):
    key = {"kty": "oct", "use": use, "kid": kid, "k": base64url(secrets.token_bytes(32))}
    return key if use == "gatehouse-data" else {**key, "alg": "HS256"}


PUBLIC_KEYS = {"Ed25519": ["ed25519"], "P-256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
               "RSA": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}


def openssl_jwk(kind):
    """A new private key as a JWK, from the openssl program."""
    pem = subprocess.check_output(["openssl", "genpkey", "-algorithm", *PUBLIC_KEYS[kind]], stderr=subprocess.DEVNULL)
    text = subprocess.check_output(["openssl", "pkey", "-noout", "-text"], input=pem).decode()
    # A number is a name and, below it, its bytes in hexadecimal.
    numbers = {name: bytes.fromhex(re.sub(r"[\s:]", "", digits))
               for name, digits in re.findall(r"^(\w+):\s*\n((?: +[0-9a-f:]+\n)+)", text, re.MULTILINE)}
    if kind == "RSA":
        names = {"n": "modulus", "d": "privateExponent", "p": "prime1", "q": "prime2", "dp": "exponent1",
                 "dq": "exponent2", "qi": "coefficient"}
        return {"kty": "RSA", "e": "AQAB", **{name: base64url(numbers[long].lstrip(b"\0")) for name, long in names.items()}}
    private, public = numbers["priv"], numbers["pub"]
    if kind == "Ed25519":
        return {"kty": "OKP", "crv": kind, "x": base64url(public), "d": base64url(private)}
    return {"kty": "EC", "crv": kind, "x": base64url(public[1:33]), "y": base64url(public[33:]),
            "d": base64url(private[-32:].rjust(32, b"\0"))}


def part(content):
    """A header or payload: an object, or the text of one that json would not write."""
    return base64url(content.encode() if isinstance(content, str) else json.dumps(content).encode())


def hs256(data, jwk, digest=hashlib.sha256):
    return hmac.new(key_bytes(jwk), data.encode(), digest).digest()


class Mint:
    """Makes tokens that `server` believes, as far as nothing is changed."""

    def __init__(self, server, keys):
        self.server = server
        self.key = next(key for key in keys["keys"] if key["use"] == "sig")

    def header(self, **changes):
        return self._changed({"alg": "HS256", "kid": self.key["kid"], "typ": "at+jwt"}, changes)

    def claims(self, **changes):
        now = int(time.time())
        return self._changed({
            "iss": self.server.url, "aud": self.server.realm, "sub": "11111111-2222-4333-8444-555555555555",
            "sid": "a-session", "av": 1, "iat": now, "exp": now + 600, "name": "Jane Doe", "email": "jane@example.com",
            "email_verified": True}, changes)

    def token(self, header=None, claims=None, key=None, sign=hs256, **changed_claims):
        head = self.header() if header is None else header
        payload = self.claims(**changed_claims) if claims is None else claims
        signed = f"{part(head)}.{part(payload)}"
        return f"{signed}.{base64url(sign(signed, key or self.key))}"

    def bearer(self, **changed_claims):
        return bearer(self.token(**changed_claims))

    def wait(self, path="/"):
        """Until the workers know the revocations: before, they answer 503."""
        wait_until(lambda: self.server.get(path, headers=self.bearer()).status_code != 503, "the guard to be ready")
        return self

    @staticmethod
    def _changed(members, changes):
        return {name: value for name, value in {**members, **changes}.items() if value is not ABSENT}


def guarded_server(nginx, keys, text, path="/", **options):
    """A server and a mint for it, as soon as its guarded `path` answers."""
    server = nginx(text, **options)
    return server, Mint(server, keys).wait(path)
