"""Forged, broken and old tokens before the guard of a real nginx. The unit tests of cpp_core/token try more."""

import hashlib
import json
import time

import pytest

from accounts import GUARDED, bearer
from tokens import ABSENT, base64url, guarded_server, hs256, key_bytes, part

REFUSED = 'Bearer error="invalid_token"'


@pytest.fixture
def guarded(guarded):
    return guarded()


def assert_refused(server, upstream, tokens):
    """Twice each: the first must leave nothing behind that helps the second."""
    for number, token in list(enumerate(tokens)) * 2:
        answer = server.get("/", headers=bearer(token))
        assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, REFUSED), (number, token)
    assert upstream.count == 0


def assert_accepted(server, tokens):
    for number, token in enumerate(tokens):
        assert server.get("/", headers=bearer(token)).status_code == 200, (number, token)


def unsigned(header, payload, signature=""):
    return f"{part(header)}.{part(payload)}.{signature}"


def with_member(content, text):
    """The same object with more text before its closing brace."""
    return json.dumps(content)[:-1] + ", " + text + "}"


# ---- the header ----

def test_requirement_2_alg_none(guarded, upstream):
    server, mint = guarded
    tokens = []
    for alg in ("none", "None", "NONE", "nOnE", "", None, ABSENT, 0, ["none"], "HS256 ", "hs256"):
        tokens += [unsigned(mint.header(alg=alg), mint.claims()), mint.token(header=mint.header(alg=alg)),
                   unsigned(mint.header(alg=alg), mint.claims(), "AA")]
    assert_refused(server, upstream, tokens)


def test_requirement_1_the_header_does_not_choose_the_algorithm(guarded, upstream):
    server, mint = guarded
    digests = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}
    tokens = [mint.token(header=mint.header(alg=alg), sign=lambda data, key, digest=digest: hs256(data, key, digest))
              for alg, digest in digests.items()]
    tokens += [mint.token(header=mint.header(alg=alg))
               for alg in ("HS384", "RS256", "ES256", "EdDSA", "Ed25519", "PS256", "dir", "A256KW")]
    tokens.append(mint.token(sign=lambda data, key: hs256(data, key, hashlib.sha384)))
    assert_refused(server, upstream, tokens)


def test_requirement_12_the_kid_names_one_of_our_keys_and_nothing_else(guarded, upstream, keys):
    server, mint = guarded
    kids = ("", "access-2", "ACCESS-1", "access-1\x00", "../../dev/null", "' or 1=1--", "a" * 5000, ["access-1"], 1,
            None, ABSENT)
    tokens = [mint.token(header=mint.header(kid=kid)) for kid in kids]
    refresh = keys["keys"][1]
    tokens += [mint.token(header=mint.header(kid="refresh-1"), key=refresh), mint.token(key=refresh),
               mint.token(header=mint.header(kid="refresh-1"))]
    assert_refused(server, upstream, tokens)


def test_requirement_12_keys_in_the_header_are_never_used(guarded, upstream):
    server, mint = guarded
    own = {"kty": "oct", "kid": "access-1", "alg": "HS256", "k": base64url(b"x" * 32)}
    named = {"jwk": own, "jku": "http://127.0.0.1/keys", "x5u": "http://127.0.0.1/x", "x5c": ["AA=="]}
    tokens = [mint.token(header=mint.header(**{name: value}), key=own) for name, value in named.items()]
    tokens += [mint.token(header=mint.header(**{name: value})) for name, value in named.items()]
    assert_refused(server, upstream, tokens)


def test_requirement_11_extensions_are_refused(guarded, upstream):
    server, mint = guarded
    assert_refused(server, upstream, [mint.token(header=mint.header(**extension)) for extension in (
        {"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"b64": True}, {"zip": "DEF"},
        {"crit": None})])


def test_requirement_15_the_type_says_what_a_token_is_for(guarded, upstream):
    server, mint = guarded
    assert_refused(server, upstream, [mint.token(header=mint.header(typ=typ)) for typ in (
        ABSENT, None, "", "JWT", "jwt", "rt+jwt", "at+jwt ", "at", "logout+jwt", "application/jwt", ["at+jwt"],
        "xat+jwt")])
    assert_accepted(server, [mint.token(header=mint.header(typ=typ)) for typ in ("at+jwt", "AT+JWT",
                                                                                 "application/at+jwt")])


# ---- the form ----

def test_requirement_8_and_9_only_the_strict_compact_form(guarded, upstream):
    server, mint = guarded
    good = mint.token()
    head, payload, signature = good.split(".")
    last = {"A": "B", "Q": "R", "g": "h", "w": "x", "E": "F", "U": "V", "k": "l", "0": "1", "I": "J", "Y": "Z",
            "o": "p",
            "4": "5", "M": "N", "c": "d", "s": "t", "8": "9"}[signature[-1]]
    assert_refused(server, upstream, [
        good + ".", "." + good, good + ".AA", f"{head}.{payload}", f"{head}.{payload}.", f"{head}..{signature}",
        f".{payload}.{signature}", f"{head}.{payload}..{signature}", good + "=", good + "==",
        f"{head}=.{payload}.{signature}",
        f"{head}.{payload}=.{signature}", signature, "..", ".", f"{head}.{payload}.{signature[:-1]}", good + "A",
        f"{head}.{payload}.{signature[:-1]}{last}", good.replace(".", "..", 1), good + "/", good + "+", good + "~",
        good[1:],
        f"{head}.{payload}.{signature}.{head}.{payload}", f"{head}.{payload}.{signature[::-1]}",
        f"{payload}.{head}.{signature}",
        f"{head}.{payload}.{base64url(bytes(32))}", '{"payload":"x"}', good + " " + good, good + "," + good,
        good + "%00"])


def test_requirement_10_strict_json(guarded, upstream):
    server, mint = guarded
    claims, header = mint.claims(), mint.header()
    duplicates = ['"sub": "root"', '"exp": 9999999999', '"email": "root@example.com"',
                  '"roles": [], "roles": ["admin"]',
                  '"a": {"b": 1, "b": 2}', '"\\u0073ub": "root"']
    tokens = [mint.token(claims=with_member(claims, text)) for text in duplicates]
    tokens += [mint.token(header=with_member(header, text)) for text in ('"alg": "none"', '"kid": "access-1"',
                                                                         '"typ": "at+jwt"')]
    whole = json.dumps(claims)
    tokens += [mint.token(claims=text) for text in (
        whole + "x", whole + whole, "\ufeff" + whole, whole[:-1], "[]", "null", '"x"', f"[{whole}]", whole[:-1] + ",}",
        whole.replace('"', "'"), with_member(claims, '"a": NaN'), with_member(claims, '"a": 01'),
        with_member(claims, '"a": "\\ud800"'),
        with_member(claims, '"a": ' + "[" * 300 + "]" * 300), "// x\n" + whole)]
    not_utf_8 = part(header) + "." + base64url(whole.encode().replace(b"Jane", b"J\xff"))
    tokens.append(not_utf_8 + "." + base64url(hs256(not_utf_8, mint.key)))
    assert_refused(server, upstream, tokens)


def test_requirement_17_a_token_has_8_kib_at_most(nginx, keys, upstream):
    server, mint = guarded_server(nginx, keys, "large_client_header_buffers 4 32k;" + GUARDED)
    sized = {len(token): token for token in (mint.token(pad="x" * n) for n in range(5000, 6500))}
    upstream.clear()
    assert_refused(server, upstream,
                   [sized[size] for size in sorted(sized) if size > 8192][:3] + [mint.token(pad="x" * 20000)])
    assert_accepted(server, [sized[size] for size in sorted(sized) if size <= 8192][-3:])


# ---- the claims ----

def test_requirement_14_times(guarded, upstream):
    server, mint = guarded
    now = int(time.time())
    exps = (ABSENT, None, 0, 1, now - 100, -1, now + 600.5, -now, str(now + 600), True, [now + 600], {"a": 1}, "",
            2 ** 64, 2 ** 63)
    tokens = [mint.token(exp=exp, iat=now - 1000 if exp == now - 100 else now) for exp in exps]
    bare = mint.claims(exp=ABSENT)
    tokens += [mint.token(claims=with_member(bare, f'"exp": {text}')) for text in ("1e400", "1e3", "1e10", "-1e400",
                                                                                   "1" * 400,
                                                                                "9999999999.0", "Infinity", "-0",
                                                                                   "0x7fffffff")]
    tokens += [mint.token(nbf=nbf) for nbf in (now + 300, str(now), -1, 1.5, None, True, 2 ** 64)]
    tokens += [mint.token(iat=iat) for iat in (now + 300, ABSENT, None, str(now), -1, now + 0.5, True, 2 ** 64,
                                               now + 700)]
    assert_refused(server, upstream, tokens)
    assert_accepted(server, [mint.token(nbf=now), mint.token(nbf=now - 1000, iat=now - 1000), mint.token(iat=now + 20,
                                                                                                         nbf=now + 20)])


def test_requirement_13_issuer_and_audience(guarded, upstream):
    server, mint = guarded
    issuer, audience = mint.claims()["iss"], server.realm
    wrong = (ABSENT, None, "", [], {}, 1, True)
    tokens = [mint.token(iss=iss) for iss in (*wrong, issuer + "/", issuer.upper(), issuer + " ", [issuer],
                                              "https://evil.example")]
    tokens += [mint.token(aud=aud) for aud in (*wrong, audience + "x", audience.upper(), ["other"], [audience, 1],
                                               [[audience]],
                                               {"a": audience}, [None])]
    assert_refused(server, upstream, tokens)
    assert_accepted(server, [mint.token(aud=[audience]), mint.token(aud=["other", audience])])


def test_the_claims_that_revocation_needs_are_mandatory(guarded, upstream):
    server, mint = guarded
    tokens = [mint.token(**{name: value}) for name in ("sub", "sid") for value in (ABSENT, None, "", 1, ["x"], {"x": 1},
                                                                                   True)]
    tokens += [mint.token(av=av) for av in (ABSENT, None, "1", -1, 1.5, True, [1], 2 ** 63, 2 ** 64)]
    assert_refused(server, upstream, tokens)


def test_control_characters_anywhere_in_the_claims(guarded, upstream):
    server, mint = guarded
    assert_refused(server, upstream, [mint.token(custom=value) for value in ("a\r\nb", ["\x01"], {"a": {"b": "\x7f"}},
                                                                             {"\n": 1})])


def test_a_changed_bit_anywhere_is_refused(guarded, upstream):
    server, mint = guarded
    good = mint.token()
    assert_accepted(server, [good])
    upstream.clear()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    places = [at for at in range(0, len(good), 17) if good[at] in letters]
    assert_refused(server, upstream,
                   [good[:at] + letters[letters.index(good[at]) ^ 32] + good[at + 1:] for at in places])
    wrong_key = dict(mint.key, k=base64url(bytes(reversed(key_bytes(mint.key)))))
    assert_refused(server, upstream, [mint.token(key=wrong_key), mint.token(key=dict(mint.key, k=""))])
