"""What people type for who they are: spaces around it are nobody's, and no name deceives whoever reads it."""

import secrets
from urllib.parse import urlencode

import pytest

from accounts import Account
from form_client import PASSWORD

SPACES = [" ", "\t", "\u00a0", "\u3000", " \t\u00a0 "]
DECEPTIVE = ["\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff"]
FIVE = """
location /auth/ { gatehouse_api %REALM% rest; }
location /v1/ { gatehouse_api %REALM% jsonapi; }
location /c/ { gatehouse_api %REALM% csrf; }
location /f/ { gatehouse_api %REALM% form; }
location /api/iam/ { gatehouse_api %REALM% bff; }
"""


@pytest.fixture
def server(nginx):
    return nginx(FIVE, realm={"csrf_rate": "off", "cookie_secure": "off", "limit_logins": "off", "second_login": "on"})


@pytest.fixture
def strict(nginx, blocklist):
    return nginx(FIVE, realm={"password": f"blocklist={blocklist}"})


def csrf_headers(server):
    answer = server.get("/c/csrf-token")
    cookie = next(value for value in answer.raw.headers.getlist("Set-Cookie") if value.startswith("double-csrf-secret="))
    return {"x-csrf-token": answer.json()["csrfToken"], "Cookie": cookie.split(";")[0]}


def call(server, dialect, route, **person):
    """POST register or login, in the words of the dialect."""
    if dialect == "rest":
        return server.post(f"/auth/{route}", json=person)
    if dialect == "rest form":
        return server.post(f"/auth/{route}", data=person)
    if dialect == "jsonapi":
        return server.post(f"/v1/auth/{route}", json={"data": {"type": "users", "attributes": person}})
    if dialect == "csrf":
        if route == "register":
            person = {**person, "username": person["name"]}
        return server.post(f"/c/auth/{route}", json=person, headers=csrf_headers(server))
    if dialect == "form":
        return server.post("/f/auth/signup" if route == "register" else "/f/auth/login", data=urlencode(person),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    if route == "register":
        person = {**person, "first_name": person.pop("name"), "last_name": "Doe"}
    return server.post(f"/api/iam/authn/{route}", json=person, headers={"client-platform": "app"})


DIALECTS = ["rest", "rest form", "jsonapi", "csrf", "form", "bff"]


def rows(postgres, server, what):
    return [row[what] for row in postgres.query(f"select {what} from gatehouse.users where realm = %s", server.realm)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_spaces_around_an_email_are_not_part_of_it(server, postgres, dialect):
    """Issue 10.17."""
    email = f"{secrets.token_hex(5)}@example.com"
    call(server, dialect, "register", name="Jane Doe", email=f"\u00a0{email} ", password=PASSWORD)
    assert rows(postgres, server, "email") == [email]
    good = call(server, dialect, "login", email=email, password=PASSWORD)
    for space in SPACES:
        answer = call(server, dialect, "login", email=space + email + space, password=PASSWORD)
        assert answer.status_code == good.status_code, answer.text
    wrong = call(server, dialect, "login", email=email, password=PASSWORD + " ")
    logins = postgres.query("select event from gatehouse.audit_events where realm = %s and event like 'login%%' order by id",
                            server.realm)
    assert [row["event"] for row in logins[-7:]] == ["login"] * 6 + ["login_failed"], "a space of a password is its own"
    assert (wrong.status_code, wrong.content) != (good.status_code, good.content)


def test_spaces_around_a_username_are_not_part_of_it(server, postgres):
    """Issue 10.17."""
    email = f"{secrets.token_hex(5)}@example.com"
    call(server, "csrf", "register", name="\tjane \u00a0", email=email, password=PASSWORD)
    assert rows(postgres, server, "username") == ["jane"]
    for space in SPACES:
        assert call(server, "rest", "login", email=f"{space}jane{space}", password=PASSWORD).status_code == 200


def test_a_reset_is_asked_for_with_spaces_around_the_email_too(server):
    """Issue 10.17."""
    answers = [server.post("/auth/forgot", json={"email": email}) for email in ("jane@example.com", " jane@example.com\t")]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_name_turns_or_breaks_the_line_it_stands_in(server, postgres, dialect):
    """Issue 10.29."""
    for character in DECEPTIVE:
        email = f"{secrets.token_hex(5)}@example.com"
        call(server, dialect, "register", name=f"Jane{character}Doe", email=email, password=PASSWORD)
    assert rows(postgres, server, "name") == []
    joined = "نیم\u200cفاصله"
    call(server, dialect, "register", name=joined, email=f"{secrets.token_hex(5)}@example.com", password=PASSWORD)
    assert [joined in name for name in rows(postgres, server, "name")] == [True], "the joiners that names need stay"


def test_no_name_is_changed_to_such_a_one(server):
    """Issue 10.29."""
    account = Account(server)
    for character in DECEPTIVE:
        answer = account.me("PATCH", name=f"Jane{character}Doe")
        assert answer.status_code == 400 and "name" in answer.json()["errors"]
    assert account.me("PATCH", name="क्\u200dष").status_code == 200


@pytest.mark.parametrize("column", ["name", "username", "first_name"])
def test_the_database_refuses_such_names_too(server, postgres, column):
    """Issue 10.29."""
    account = Account(server)
    for character in DECEPTIVE:
        with pytest.raises(Exception, match="users_plain_names"):
            postgres.query(f"update gatehouse.users set {column} = %s where id = %s", f"a{character}b", account.id)
    postgres.query(f"update gatehouse.users set {column} = %s where id = %s", "a\u200db", account.id)


@pytest.mark.parametrize("password", ["password123", "Password1!", "qwerty12345", "p@ssw0rd", "P@$$w0rd2024", "letmein!!"])
def test_requirement_48_a_disguised_word_of_the_blocklist_is_refused(strict, password):
    """Issue 10.17."""
    answer = call(strict, "rest", "register", name="Jane", email="jane@example.com", password=password)
    assert answer.status_code == 400, answer.text
    assert "guessed first" in answer.json()["errors"]["password"]


@pytest.mark.parametrize("password", ["correct horse battery staple", "Tr0ub4dor&3-mantle", "passwords are for closing doors",
                                      "qwerty-typist-on-the-moon", "monkey8301947261548"])
def test_requirement_47_a_good_one_is_not_refused_for_a_word_in_it(strict, password):
    """Issue 10.17."""
    answer = call(strict, "rest", "register", name="Jane", email="jane@example.com", password=password)
    assert answer.status_code == 201, answer.text
