"""Issue 14: an independent judge of passkeys, Yubico's python-fido2: what it accepts we accept, and what it refuses we
refuse. It judges less than we do: no counters, no backups, and not where a page was shown."""

import base64

import pytest
from fido2 import cbor
from fido2.client import ClientData
from fido2.cose import ES256, RS256, EdDSA
from fido2.ctap2 import AttestationObject, AuthenticatorData
from fido2.server import Fido2Server
from fido2.webauthn import PublicKeyCredentialRpEntity, UserVerificationRequirement

from accounts import Account
from authenticator import UP, UV, Authenticator
from test_passkeys import ORIGIN, PLACES, REALM, asked, options_for

KINDS = {"ES256": ES256, "EdDSA": EdDSA, "RS256": RS256}
JUDGE = Fido2Server(PublicKeyCredentialRpEntity("login.example.com", "the judge"), verify_origin=lambda origin: origin == ORIGIN)
WRONG = [{"type": "webauthn.create"}, {"type": "payment.get"}, {"origin": "https://evil.example"},
         {"origin": "http://login.example.com"}, {"origin": ORIGIN + "/"}, {"challenge": base64.urlsafe_b64encode(bytes(56)).decode()},
         {"flags": UV}, {"flags": UP}, {"rp_id": "example.com"}, {"rp_id": "evil.example"}]


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def server(nginx):
    return nginx(PLACES, realm={**REALM, "limit_logins": "off"})


@pytest.fixture
def account(server):
    return Account(server)


def made(kind):
    authenticator = Authenticator(kind)
    authenticator.cose = cbor.encode(KINDS[kind].from_cryptography_key(authenticator.key.public_key()))
    return authenticator


def state(options, verification):
    return {"challenge": options["challenge"], "user_verification": verification}


def accepts(complete, *arguments):
    try:
        complete(*arguments)
        return True
    except Exception:  # of several kinds, and each of them a refusal
        return False


def judged_registration(options, answer):
    data = AuthenticatorData(decoded(answer["authenticatorData"]))
    attestation = AttestationObject.create("none", data, {})
    return accepts(JUDGE.register_complete, state(options, UserVerificationRequirement.PREFERRED),
                   ClientData(decoded(answer["clientDataJSON"])), attestation)


def judged_login(options, credential, answer):
    return accepts(JUDGE.authenticate_complete, state(options, UserVerificationRequirement.REQUIRED), [credential],
                   decoded(answer["credentialId"]), ClientData(decoded(answer["clientDataJSON"])),
                   AuthenticatorData(decoded(answer["authenticatorData"])), decoded(answer["signature"]))


@pytest.mark.parametrize("kind", KINDS)
def test_requirement_60_an_independent_judge_agrees(server, account, kind):
    authenticator = made(kind)
    options = options_for(account)
    registered = authenticator.create(options)
    assert judged_registration(options, registered)
    assert account.post("factors/passkey", account.access, **registered).status_code == 201
    credential = AuthenticatorData(decoded(registered["authenticatorData"])).credential_data

    for how in [{}, *WRONG]:
        options = asked(server)
        answer = authenticator.login(options, **how)
        expected = judged_login(options, credential, answer)
        assert expected == (how == {}), how
        assert (server.post("/auth/passkey", json=answer).status_code == 200) == expected, how

    signature = decoded(authenticator.login(asked(server))["signature"])
    for wrong in (signature[:-1], signature + b"x", bytes(len(signature)), signature):
        options = asked(server)
        answer = {**authenticator.login(options), "signature": base64.urlsafe_b64encode(wrong).decode().rstrip("=")}
        assert not judged_login(options, credential, answer)
        assert server.post("/auth/passkey", json=answer).status_code == 401


@pytest.mark.parametrize("how", [{"type": "webauthn.get"}, {"origin": "https://evil.example"}, {"flags": UV},
                                 {"challenge": base64.urlsafe_b64encode(bytes(56)).decode()}])
def test_requirement_60_the_judge_refuses_the_same_registrations(account, how):
    authenticator = made("ES256")
    options = options_for(account)
    answer = authenticator.create(options, **how)
    assert not judged_registration(options, answer)
    assert account.post("factors/passkey", account.access, **answer).status_code == 401
