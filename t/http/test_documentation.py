"""The documentation as a whole: links lead somewhere, configurations are accepted, files that are named exist."""

import json
import re
import subprocess

import pytest

from nginx_server import NGINX
from stores import TREE

PAGES = [TREE / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "pages/README.md")]
PAGES += sorted((TREE / "docs").rglob("*.md"))
FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def name_of(page):
    return str(page.relative_to(TREE))


def anchors(page):
    """Of the headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    text = FENCE.sub("", page.read_text())
    links = re.findall(r"\]\s?\(\s?([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        if re.match(r"https?://|mailto:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def test_every_page_can_be_reached_from_the_readme():
    reached, ahead = set(), [TREE / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in re.findall(r"\]\s?\(\s?([^)\s#]+\.md)", page.read_text()):
            ahead.append((page.parent / link).resolve())
    assert set(PAGES) <= reached


# ---- every ```nginx block, with the level that it is for as the next word, passes nginx -t ----

REALM = """gatehouse_realm main { postgres "host=/tmp"; redis 127.0.0.1:6379; keys %KEYS%; public_url https://example.com;
    password blocklist=off; pages %PAGES%; %EXTRA% }"""
WHOLE = """%LOAD_MODULE% %USER% pid %FOLDER%/nginx.pid; %MAIN% events {{}}
http {{ access_log off; %HTTP% server {{ listen 127.0.0.1:%PORT%; {server} }} }}"""
POOLS = "thread_pool gatehouse_hash threads=1; thread_pool gatehouse_io threads=2;"


def samples():
    for page in PAGES:
        for number, (words, text) in enumerate(FENCE.findall(page.read_text()), 1):
            if words.startswith("nginx"):
                level = words.partition(" ")[2]
                yield pytest.param(level, text, id=f"{name_of(page)}-{number}-{level}")


def configuration(level, text):
    """A whole nginx.conf around it."""
    main, http, server, realm = POOLS, "", "", REALM.replace("%EXTRA%", "")
    if level == "whole":
        return text
    if level == "main":
        main = re.sub("load_module .*;", "", text)
    elif level == "http":
        defines_main = re.search(r"gatehouse_realm main \{", text)
        text = text.replace("/var/cache/nginx/", "%FOLDER%/cache-")
        http, realm = text, "" if defines_main else realm
    elif level == "server":
        server = text
    elif level == "location":
        server = "location / {" + text + "}"
    elif level == "realm":
        realm = REALM.replace("%EXTRA%", text)
        for name in ("pages", "password"):      # the sample's own
            if re.search(rf"^ *{name} ", text, re.MULTILINE):
                realm = re.sub(rf"{name} \S+; ?", "", realm, count=1)
    else:
        pytest.fail(f"```nginx {level}: is it for main, http, server, location or realm, or a whole configuration?")
    return WHOLE.format(server=server).replace("%MAIN%", main).replace("%HTTP%", realm + "\n" + http)


@pytest.fixture
def etc(folder, keys):
    """The files that the samples name, in a folder of the test's own: {what they write: what it is here}."""

    (folder / "htpasswd").write_text("jane:{PLAIN}doe\n")
    for name in ("smtp.password", "redis.password", "csrf_secret"):
        (folder / name).write_text("secret\n")
    for name in ("keys.json", "staff.json", "customers.json"):
        (folder / name).write_text(json.dumps(keys))
    (folder / "blocklist.txt").write_text("password\n")
    for name in ("pages", "mails"):
        (folder / name).symlink_to(TREE / name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=example.com", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True,
                   stderr=subprocess.DEVNULL)
    return folder


def moved(text, etc):
    """The same with the paths and ports of this test."""
    text = re.sub(r"/etc/nginx/gatehouse/|/usr/share/gatehouse/(?!\w+;)", f"{etc}/", text)
    text = re.sub(r"/usr/share/gatehouse/(?=\w+;)", f"{etc}/", text)
    text = re.sub(r"(ssl_certificate) +\S+;", rf"\1 {etc}/certificate.pem;", text)
    text = re.sub(r"(ssl_certificate_key) +\S+;", rf"\1 {etc}/key.pem;", text)
    text = re.sub(r"load_module .*;", "%LOAD_MODULE%", text)
    text = re.sub(r"^ *user \S+;", "%USER%", text, flags=re.MULTILINE)
    text = re.sub(r"pid +/run/nginx.pid;", "pid %FOLDER%/nginx.pid; error_log stderr;", text)
    ports = iter("ABCDEFGH")
    text = re.sub(r"listen (?:[\d.]+:)?(\d+)( ssl)?;", lambda m: f"listen 127.0.0.1:%PORT{next(ports)}%{m[2] or ''};", text)
    text = re.sub(r"(server \{\n)(?!\s*listen)", lambda m: f"{m[1]}listen 127.0.0.1:%PORT{next(ports)}%;", text)
    if "gatehouse_realm" in text:
        text = re.sub(r"(public_url +\S+;)(?!\s*password)", r"\1 password blocklist=off; pages %PAGES%;", text)
    has_mails = re.search(r"^ *mails ", text, re.MULTILINE)
    return text if has_mails else re.sub(r"\bsmtp +smtps?:", rf"mails {TREE}/mails; \g<0>", text)


@pytest.mark.parametrize("level, text", samples())
def test_every_sample_configuration_is_accepted(nginx, etc, level, text):
    server = nginx(conf=moved(configuration(level, text), etc), start=False)
    accepted, said = server.test_conf()
    assert accepted, said
    assert "[warn]" not in said, said


def test_the_samples_of_other_programs_are_marked_as_such():
    """So that no configuration of nginx's goes untested."""
    known = {"json", "ini", "log", "yaml", "haproxy", "caddyfile", "mermaid", "sh", "cpp", "c", "sql", "text", "python"}
    for page in PAGES:
        for words, text in FENCE.findall(page.read_text()):
            assert words.split(" ")[:1] in [["nginx"], [""]] or words in known, f"{name_of(page)}: ```{words}"
            if not words:
                assert "gatehouse_" not in text or text.startswith("Syntax:"), f"{name_of(page)}: {text}"


# ---- docs/security.md: the numbered requirements ----

SECURITY = (TREE / "docs" / "security.md").read_text()
ROWS = {int(number): proof for number, proof in re.findall(r"^\| (\d+) \| .* \| (.*) \|$", SECURITY, re.MULTILINE)}


def tree_files():
    for folder in ("cpp_core", "src", "t", "sql", "tools", "pages", "mails"):
        for path in sorted((TREE / folder).rglob("*")):
            if path.suffix in {".cpp", ".h", ".c", ".py", ".sql", ".sh", ".js", ".html"}:
                yield path


def test_every_requirement_that_is_cited_is_there():
    assert sorted(ROWS) == list(range(1, max(ROWS) + 1))
    for path in tree_files():
        text = path.read_text()
        cited = re.findall(r"REQUIREMENTS ([\d, and]*\d)|[Rr]equirements? (\d+)\b|requirements?_(\d+(?:_and_\d+)*)_", text)
        for number in re.findall(r"\d+", " ".join(" ".join(found) for found in cited)):
            assert int(number) in ROWS, f"{path.relative_to(TREE)} cites {number}"


@pytest.mark.parametrize("number", sorted(ROWS))
def test_every_requirement_has_a_test_or_a_word_why_not(number):
    named = re.findall(r"`(\w+\.(?:py|cpp)): (\w+)`", ROWS[number])
    assert named or re.search(r"\b(no|none)\b", ROWS[number]), "neither a test nor a word why there is none"
    for file, test in named:
        path, = [path for path in (TREE / "t").rglob(file)]
        definition = rf"^def {test}\(" if file.endswith(".py") else rf"^TEST\w*\(\w+,\s*{test}\)"
        assert re.search(definition, path.read_text(), re.MULTILINE), f"{file} has no {test}"


# ---- docs/architecture.md ----

ARCHITECTURE = (TREE / "docs" / "architecture.md").read_text()
RECIPES = ("cpp_core/hello/", "pages/imprint.html")     # what the reader is to make


def test_every_file_that_the_architecture_names_exists():
    named = re.findall(r"`((?:src|cpp_core|t|tools|pages|mails|sql|bench)/[\w./-]*)`", ARCHITECTURE)
    assert len(named) > 60
    for name in named:
        assert name in RECIPES or (TREE / name).exists(), f"{name} is not there"


def test_every_room_is_explained():
    folders = lambda name: {folder.name for folder in (TREE / name).iterdir() if folder.is_dir()}
    table = re.search(r"^\| room of `cpp_core/`.*?\n\n", ARCHITECTURE, re.MULTILINE | re.DOTALL)[0]
    assert set(re.findall(r"`(\w+)/`", table.split("|---|")[1])) == folders("cpp_core")
    picture = re.search(r"subgraph src\[.*?\n    end", ARCHITECTURE, re.DOTALL)[0]
    assert set(re.findall(r'\["(\w+): ', picture)) == folders("src")


def test_the_documented_redis_user_may_use_every_command_of_our_scripts():
    """Issue 10.3"""
    documented = re.search(r"ACL SETUSER gatehouse ((?:.|\n)*?)\n\n", (TREE / "docs/guides/operations.md").read_text())[1]
    allowed = {word[1:] for word in documented.split() if word.startswith("+")}
    sources = "".join(file.read_text() for file in (TREE / "cpp_core").rglob("*.cpp"))
    used = {command.lower() for command in re.findall(r"""redis\.p?call\(["'](\w+)["']""", sources)}
    assert "hget" in used and used <= allowed
