"""An authenticator with passkeys, in software, and the browser around it: Web Authentication Level 3, as far as the tests
need it. Its mistakes are made to order."""

import hashlib
import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tokens import base64url

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


class Authenticator:
    """One passkey, once create() has made it."""

    def __init__(self, kind="ES256", origin="https://login.example.com"):
        self.kind, self.origin = kind, origin
        self.key = {"ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate,
                    "RS256": lambda: rsa.generate_private_key(65537, 2048)}[kind]()
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.cose = b"\xa0"  # its public key in CBOR, which we do not read

    def client_data(self, kind, asked, **changes):
        said = {"type": f"webauthn.{kind}", "challenge": asked, "origin": self.origin, "crossOrigin": False, **changes}
        return json.dumps(said).encode()

    def data(self, rp_id, flags):
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def create(self, options, flags=UP | UV, **changes):
        """What a browser answers to these options, as the endpoints take it."""
        self.rp_id, self.handle = options["rp"]["id"], options["user"]["id"]
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self.cose
        spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"clientDataJSON": base64url(self.client_data("create", options["challenge"], **changes)),
                "authenticatorData": base64url(self.data(self.rp_id, flags | AT) + attested), "publicKey": base64url(spki)}

    def sign(self, message):
        if self.kind == "EdDSA":
            return self.key.sign(message)
        if self.kind == "RS256":
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def get(self, options, flags=UP | UV, rp_id=None, **changes):
        client_data = self.client_data("get", options["challenge"], **changes)
        data = self.data(rp_id or options["rpId"], flags)
        return {"credentialId": base64url(self.id), "clientDataJSON": base64url(client_data),
                "authenticatorData": base64url(data),
                "signature": base64url(self.sign(data + hashlib.sha256(client_data).digest()))}

    def login(self, options, **how):
        return {**self.get(options, **how), "userHandle": self.handle}
