"""What the tests of the dialects share: answers compared to the byte, once what must differ is made alike."""

import re

NORMAL = [
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "TOKEN"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "TIME"),
    (re.compile(r'("access_token_expiry":)\d{10}\b'), r"\1SECONDS"),
    (re.compile(r"\b[0-9a-f]{128}\b"), "CSRF"),
]


def normal(text):
    for pattern, word in NORMAL:
        text = pattern.sub(word, text)
    return text


def assert_answer(answer, status, body, kind="application/json"):
    """`body`: as normal() leaves it."""
    assert (answer.status_code, normal(answer.text)) == (status, body)
    assert answer.headers.get("Content-Type") == (kind if body else None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def cookies_of(answer):
    """Every Set-Cookie header: {name: (value, its attributes as they came)}."""
    found = {}
    for header in answer.raw.headers.getlist("Set-Cookie"):
        pair, _, attributes = header.partition("; ")
        name, _, value = pair.partition("=")
        assert name not in found
        found[name] = (value, attributes)
    return found
