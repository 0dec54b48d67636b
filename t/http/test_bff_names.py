"""First and last names in the `bff` contract, which the other dialects know as one name."""

import pytest

from accounts import Account, bearer
from bff_client import BFF, Client, another, assert_failure, assert_success, make_admin

REST = "location /auth/ { gatehouse_api %REALM% rest; }"


@pytest.fixture
def server(nginx):
    return nginx(BFF + REST)


def named(server, first, last):
    client = Client(server, first_name=first, last_name=last)
    assert_success(client.register(), {"email": client.person["email"]})
    client.login()
    return client


def names(client):
    data = client.profile()
    return data["first_name"], data["last_name"]


def whole_name(client):
    return client.server.get("/auth/me", headers=bearer(client.access)).json()["user"]["name"]


def rename_through_rest(client, name):
    answer = client.server.request("PATCH", "/auth/me", json={"name": name}, headers=bearer(client.access))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("first, last", [
    ("Anna", "van Dyke"), ("Anna Maria", "Dyke"), ("Anna Maria", "van den Dyke"), ("Anna", ""), ("Anna Maria", ""),
    ("Anna ", " Dyke")])
def test_the_names_come_back_as_they_were_given(server, first, last):
    assert names(named(server, first, last)) == (first, last)


def test_what_is_not_changed_stays(server):
    client = named(server, "Anna", "van Dyke")
    answer = client.call("PUT", "authn/update", json=client.with_csrf(first_name="Anna Maria"))
    assert (answer.json()["data"]["first_name"], answer.json()["data"]["last_name"]) == ("Anna Maria", "van Dyke")
    assert names(client) == ("Anna Maria", "van Dyke")
    client.call("PUT", "authn/update", json=client.with_csrf(last_name="de la Cruz"))
    assert names(client) == ("Anna Maria", "de la Cruz")
    client.call("PUT", "authn/update", json=client.with_csrf(last_name=""))
    assert names(client) == ("Anna Maria", "")
    assert whole_name(client) == "Anna Maria"


def test_an_administrator_changes_one_of_two_names(server, postgres):
    admin, client = make_admin(another(server), postgres), named(server, "Anna", "van Dyke")
    route = f"users/{client.profile()['uuid']}"
    data = admin.call("PUT", route, json=admin.with_csrf(first_name="Hanna")).json()["data"]
    assert (data["first_name"], data["last_name"]) == ("Hanna", "van Dyke")
    assert names(client) == ("Hanna", "van Dyke")
    admin.call("PUT", route, json=admin.with_csrf(is_active=True))
    listed = {each["uuid"]: each for each in admin.call("GET", "users").json()["data"]["users"]}[client.profile()["uuid"]]
    assert (listed["first_name"], listed["last_name"]) == ("Hanna", "van Dyke")


def test_a_name_changed_as_a_whole_is_split_anew(server):
    client = named(server, "Anna", "van Dyke")
    rename_through_rest(client, "Ludwig van Beethoven")
    assert names(client) == ("Ludwig van", "Beethoven")
    client.call("PUT", "authn/update", json=client.with_csrf(last_name="Mozart"))
    assert names(client) == ("Ludwig van", "Mozart")
    rename_through_rest(client, "Ludwig van Mozart")
    assert names(client) == ("Ludwig van", "Mozart"), "the name is the same"


def test_names_are_split_at_the_last_space(server):
    for name, first, last in (("Ludwig van Beethoven", "Ludwig van", "Beethoven"), ("Plato", "Plato", "")):
        account = Account(server, name=name)
        client = Client(server, email=account.email, password=account.password)
        client.login()
        assert names(client) == (first, last)


@pytest.mark.parametrize("empty", ["", " ", "   "])
def test_an_empty_first_name_is_none(server, postgres, empty):
    assert_failure(Client(server, first_name=empty).register(), 400, "'first_name' is required")
    client = another(server)
    assert_failure(client.call("PUT", "authn/update", json=client.with_csrf(first_name=empty)), 400, "'first_name' is required")
    admin = make_admin(another(server), postgres)
    route = f"users/{client.profile()['uuid']}"
    assert_failure(admin.call("PUT", route, json=admin.with_csrf(first_name=empty)), 400, "'first_name' is required")
    assert names(client) == ("John", "Doe")
