"""The `form` contract for browsers: pages, and redirects back to where they came from."""

import re

import pytest

from browser import set_cookies
from form_client import CLEARED, FORM, HTML, assert_text, handle_of, login, new_person, signup, with_handle


@pytest.fixture
def server(nginx):
    """Plain HTTP, where browsers keep no Secure cookie."""
    return nginx(FORM, realm={"cookie_secure": "off"})


def test_the_pages(server):
    for path, target, other in (("login", "login", "signup"), ("signup", "signup", "login")):
        page = server.get(f"/auth/{path}")
        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Content-Security-Policy" in page.headers
        action, = re.findall(r'<form method="post" action="([^"]+)"', page.text)
        assert action == f"/auth/{target}"
        assert f'href="/auth/{other}"' in page.text
        for asset in set(re.findall(r'(?:href|src)="(/auth/assets/[^"]+)"', page.text)):
            assert server.get(asset).status_code == 200, asset


def test_a_browser_goes_back_to_where_it_came_from(server):
    person, _ = signup(server)
    for field, referer, target in (("/shop?a=b", None, "/shop?a=b"), (None, "/shop?a=b", "/shop?a=b"), (None, None, "/"),
                                   ("//evil.example/", None, "/"), ("https://evil.example/", None, "/"),
                                   (None, "/auth/login", "/")):
        fields = {**person, "return": field} if field else person
        headers = {**HTML, **({"Referer": server.url + referer} if referer else {})}
        answer = server.post("/auth/login", data=fields, headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (303, target)
        handle_of(answer)
    foreign = server.post("/auth/login", data=person, headers={**HTML, "Referer": "https://evil.example/shop"})
    assert foreign.headers["Location"] == "/"


def test_the_form_remembers_where_the_browser_came_from(server):
    page = server.get("/auth/login", headers={"Referer": server.url + "/shop?x=%22"})
    assert '<input type="hidden" name="return" value="/shop?x=%22">' in page.text
    page = server.get("/auth/login?return=/there", headers={"Referer": server.url + "/shop"})
    assert '<input type="hidden" name="return" value="/there">' in page.text
    assert 'name="return"' not in server.get("/auth/login", headers={"Referer": server.url + "/auth/signup"}).text


def test_a_browser_gets_the_form_again_with_the_error(server):
    person, _ = signup(server)
    answer = server.post("/auth/login", data={**person, "password": "wrong one"}, headers=HTML)
    assert answer.status_code == 401
    assert "The e-mail address and the password do not match." in answer.text
    assert f'value="{person["email"]}"' in answer.text
    assert "wrong one" not in answer.text
    again = server.post("/auth/signup", data=person, headers=HTML)
    assert again.status_code == 409 and 'action="/auth/signup"' in again.text


def test_a_browser_logs_out(server):
    _, answer = signup(server)
    out = server.post("/auth/logout", headers={**HTML, **with_handle(handle_of(answer)), "Referer": server.url + "/shop"})
    assert (out.status_code, out.headers["Location"]) == (303, "/shop")
    assert CLEARED in set_cookies(out)
    again = server.post("/auth/logout", headers=HTML)
    assert again.status_code == 303
    for query, there in (("?return=%2Fdeep%3Fx%3D1", "/deep?x=1"), ("?return=//evil.example/", "/"), ("?return=%2Flogin&return=/x", "/login")):
        out = server.post("/auth/logout" + query, headers=HTML, data={"return": "/body"})
        assert (out.status_code, out.headers["Location"]) == (303, there), query


def test_a_navigation_is_sent_to_the_login_page(server):
    answer = server.get("/deep?x=1", headers={**HTML, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/auth/login?return=%2Fdeep%3Fx%3D1")


def test_what_nginx_itself_forbids_is_not_put_down_to_another_site(nginx):
    server = nginx(FORM.replace("{", "{ deny all;", 1))
    assert_text(login(server, new_person()), 403, "Forbidden")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_requirement_42_another_sites_form_is_refused(server, headers):
    person, answer = signup(server)
    assert_text(login(server, person, headers=headers), 403, "The request comes from another site")
    assert_text(server.post("/auth/logout", headers={**headers, **with_handle(handle_of(answer))}), 403,
                "The request comes from another site")


def test_the_login_page_says_who_is_logged_in(server):
    """Issue 10.15: by either cookie; the button for another account says in its address where to go afterwards."""
    person, answer = signup(server)
    access = next(each for each in set_cookies(answer) if each.startswith("gatehouse="))
    for cookie in (f"uuid={handle_of(answer)}", access.split(";")[0]):
        page = server.get("/auth/login?return=/shop", headers={**HTML, "Cookie": cookie})
        assert f'<strong class="address">{person["email"]}</strong>' in page.text and 'name="password"' not in page.text
        assert 'class="button" href="/shop"' in page.text and 'action="/auth/logout?return=%2Fshop"' in page.text
        assert set_cookies(page) == []
    left = server.post("/auth/logout?return=/shop", data={"return": "/shop"}, headers={**HTML, **with_handle(handle_of(answer))})
    assert (left.status_code, left.headers["Location"]) == (303, "/shop")
    for cookie in (f"uuid={handle_of(answer)}", f"uuid={'0' * 32}"):
        assert 'name="password"' in server.get("/auth/login", headers={**HTML, "Cookie": cookie}).text
