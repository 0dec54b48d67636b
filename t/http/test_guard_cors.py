"""Pages of other origins at a guarded location: gatehouse_allow_origin."""

from browser import Browser
from accounts import API

APP = "https://app.example.com"
ALLOWING = API + (f"location / {{ gatehouse %REALM%; gatehouse_allow_origin {APP}; proxy_pass %UPSTREAM%; }}"
                  "location /any/ { gatehouse %REALM%; gatehouse_allow_origin *; proxy_pass %UPSTREAM%; }"
                  "location /none/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
                  f"location /paged/ {{ gatehouse %REALM%; gatehouse_allow_origin {APP}; error_page 401 @words; "
                  "proxy_pass %UPSTREAM%; } location @words { return 401 words; }")
PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "authorization, x-csrf-token"}


def cors(answer):
    return {name[len("Access-Control-"):]: value for name, value in answer.headers.items()
            if name.startswith("Access-Control-")}


def test_a_preflight_is_answered_before_the_guard(nginx, upstream):
    """Issue 10.13: a preflight never has credentials, so 401 made every call of the other origin impossible."""
    server = nginx(ALLOWING)
    for path in ("/", "/paged/"):
        answer = server.request("OPTIONS", path, headers=PREFLIGHT)
        assert (answer.status_code, answer.content) == (204, b"")
        assert cors(answer) == {"Allow-Origin": APP, "Allow-Credentials": "true", "Allow-Methods": "PUT",
                                "Allow-Headers": "authorization, x-csrf-token", "Max-Age": "600",
                                "Expose-Headers": "Retry-After, WWW-Authenticate"}
        assert answer.headers["Vary"] == "Origin" and "WWW-Authenticate" not in answer.headers
    answer = server.request("OPTIONS", "/any/", headers=PREFLIGHT)
    assert answer.status_code == 204 and cors(answer)["Allow-Origin"] == APP
    assert "Allow-Credentials" not in cors(answer)
    assert upstream.count == 0


def test_what_is_no_preflight_of_an_allowed_origin_gets_nothing_new(nginx, upstream):
    """Issue 10.13."""
    server = nginx(ALLOWING)
    answer = server.request("OPTIONS", "/", headers={**PREFLIGHT, "Origin": "https://evil.example"})
    assert (answer.status_code, cors(answer)) == (204, {})
    for path, headers in (("/none/", PREFLIGHT), ("/", {"Origin": APP}), ("/", {"Access-Control-Request-Method": "PUT"})):
        assert server.request("OPTIONS", path, headers=headers).status_code == 401
    assert server.request("PUT", "/", headers=PREFLIGHT).status_code == 401
    assert upstream.count == 0


def test_a_refusal_can_be_read_by_the_page_that_is_allowed(nginx):
    """Issue 10.13: without the header the page's script sees a network error in place of 401."""
    server = nginx(ALLOWING)
    for path in ("/", "/paged/"):
        answer = server.get(path, headers={"Origin": APP})
        assert answer.status_code == 401
        assert cors(answer) == {"Allow-Origin": APP, "Allow-Credentials": "true",
                                "Expose-Headers": "Retry-After, WWW-Authenticate"}
    assert cors(server.get("/", headers={"Origin": "https://evil.example"})) == {}
    assert cors(server.get("/none/", headers={"Origin": APP})) == {}


def test_what_the_application_answers_is_its_own(nginx, upstream):
    """Issue 10.13: its CORS headers are neither doubled nor made for it."""
    server = nginx(ALLOWING, realm={"cookie": "gh", "cookie_secure": "off"})
    browser = Browser(server)
    browser.register()
    upstream.reply = lambda request: (200, [("Access-Control-Allow-Origin", "https://other.example")], "x")
    answer = browser.get("/", headers={"Origin": APP})
    assert (answer.status_code, cors(answer)) == (200, {"Allow-Origin": "https://other.example"})
    assert cors(browser.get("/none/", headers={"Origin": APP})) == {"Allow-Origin": "https://other.example"}
