"""docs/reference.md against the sources: every directive and variable, no other, and their contexts and defaults. Nothing
is started: what the defaults are, `nginx -t` says."""

import json
import os
import re
import subprocess

import pytest

from nginx_server import MODULE, NGINX
from stores import TREE

pytestmark = pytest.mark.quick

REFERENCE = (TREE / "docs" / "reference.md").read_text()
CONTEXTS = {"NGX_HTTP_MAIN_CONF": "http", "NGX_HTTP_SRV_CONF": "server", "NGX_HTTP_LOC_CONF": "location",
            "NGX_HTTP_LMT_CONF": "limit_except", "NGX_HTTP_LIF_CONF": "if in location"}
NONE = "—"


def source(folder, suffix):
    return "\n".join(path.read_text() for path in sorted((TREE / folder).rglob(f"*{suffix}")))


def documented_directives():
    """{name: {"Syntax", "Default", "Context"}}, in the order of the page."""
    found = {}
    for name, block in re.findall(r"^### ([a-z_]+)\n\n```\n(.*?)```\n", REFERENCE, re.MULTILINE | re.DOTALL):
        assert name not in found, f"{name} is there twice"
        found[name] = dict(re.findall(r"^(\w+): +(.*)$", block, re.MULTILINE))
        assert list(found[name]) == ["Syntax", "Default", "Context"], name
    return found


def nginx_directives():
    """{name: contexts} of the module's table."""
    tables = re.findall(r"ngx_command_t +\w+\[\] = \{(.*?)ngx_null_command", source("src", ".c"), re.DOTALL)
    rows = re.findall(r'\{ ngx_string\("(\w+)"\),\n(.*?),\n', "".join(tables), re.DOTALL)
    assert rows
    return {name: [CONTEXTS[flag] for flag in re.findall(r"NGX_HTTP_\w+_CONF\b", flags)] for name, flags in rows}


def realm_directives():
    """{name: usage} of the table of the realm's block."""
    text = (TREE / "cpp_core" / "realm" / "directives.cpp").read_text()
    rows = re.findall(r'directive\{"(\w+)", *\d+, *\w+,\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', text)
    assert len(rows) == len(re.findall(r"^ *directive\{", text, re.MULTILINE))
    return {name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', usage)).replace('\\"', '"') for name, usage in rows}


def parameters(syntax):
    """The names before a "=", wherever they stand."""
    return set(re.findall(r"(?<![\w?])([a-z_+]+)=", syntax))


DOCUMENTED = documented_directives()


def test_every_directive_is_there_and_no_other():
    assert set(DOCUMENTED) == set(nginx_directives()) | set(realm_directives())
    assert len(re.findall(r"^```\nSyntax:", REFERENCE, re.MULTILINE)) == len(DOCUMENTED)


def test_every_directive_says_where_it_may_stand():
    said = {name: rows["Context"].split(", ") for name, rows in DOCUMENTED.items()}
    assert said == {**nginx_directives(), **{name: ["gatehouse_realm"] for name in realm_directives()}}


def test_the_syntax_names_the_directive_and_every_parameter():
    for name, rows in DOCUMENTED.items():
        assert re.match(rf"{name} .*[;}}]$", rows["Syntax"]), name
        assert rows["Default"] == NONE or re.fullmatch(rf"({name} [^;]+;(?: |$))+", rows["Default"]), name
    for name, usage in realm_directives().items():
        assert parameters(DOCUMENTED[name]["Syntax"]) == parameters(usage), f"{name}: {usage}"


def test_every_variable_is_there_and_no_other():
    table = re.search(r"ngx_http_variable_t +ngx_http_gatehouse_vars\[\] = \{(.*?)ngx_http_null_variable",
                      source("src", ".c"), re.DOTALL)[1]
    known = {"$" + name + ("NAME" if name.endswith("_") else "") for name in re.findall(r'ngx_string\("(\w+)"\)', table)}
    assert set(re.findall(r"^### (\$\w+)$", REFERENCE, re.MULTILINE)) == known


# ---- defaults: a configuration that writes them all has the effect of one that writes none ----

NOT_EXPLAINED = {  # what GATEHOUSE_EXPLAIN does not print: where its default is in the sources, and as the page has it
    "gatehouse_zone": [(r"define NGX_HTTP_GATEHOUSE_ZONE_SIZE +\((16) \* 1024 \* 1024\)", "16m")],
    "gatehouse_pass_authorization": [(r"merge_value\(conf->pass_authorization, prev->pass_authorization,\s+(0)\)", "off")],
    "postgres": [(r"std::size_t queue = (256);", "queue=256"), (r"millis timeout\{(2000)\}", "timeout=2s")],
    "redis": [(r"millis timeout\{(250)\}", "timeout=250ms"), (r"int wait_replicas = (0);", "wait=0")],
    "mails": [(r'mails_directory = "([^"]*)"', "/usr/share/gatehouse/mails")],
    "password": [(r'blocklist_file = "([^"]*)"', "blocklist=/usr/share/gatehouse/blocklist.txt")],
}


def test_defaults_that_are_only_in_the_sources():
    sources = source("src", ".h") + source("src", ".c") + source("cpp_core", ".h")
    for name, values in NOT_EXPLAINED.items():
        for pattern, words in values:
            assert re.search(pattern, sources), f"{name}: {pattern}"
            assert words in DOCUMENTED[name]["Default"], f"{name}: {words}"


def explain(folder, realm, server):
    """What GATEHOUSE_EXPLAIN=1 nginx -t prints."""
    path = folder / "nginx.conf"
    path.write_text(f"""
        {f'load_module {MODULE};' if MODULE else ''}
        pid {folder}/nginx.pid; error_log stderr;
        thread_pool gatehouse_hash threads=1; thread_pool gatehouse_io threads=2;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
            uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
            gatehouse_realm main {{ {realm} }}
            server {{ listen unix:{folder}/socket; {server} location / {{ gatehouse main; }} }}
        }}""")
    done = subprocess.run([NGINX, "-e", "stderr", "-p", f"{folder}/", "-c", str(path), "-t"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "GATEHOUSE_EXPLAIN": "1", "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout[done.stdout.index("\n{") + 1:done.stdout.rindex("}") + 1])


@pytest.fixture
def mandatory(folder, keys):
    """The directives that a realm cannot do without, by name; and what here must be in a place of its own."""
    (folder / "keys.json").write_text(json.dumps(keys))
    return {"postgres": '"host=/tmp dbname=gatehouse"', "redis": "127.0.0.1:6379", "keys": f"{folder}/keys.json",
            "public_url": "https://example.com", "password": "blocklist=off", "smtp": "smtp://localhost from=a@example.com",
            "mails": str(TREE / "mails"), "site": "Example"}


def test_written_out_the_defaults_change_nothing(folder, mandatory):
    written, server = dict(mandatory), []
    for name, rows in DOCUMENTED.items():
        if rows["Default"] == NONE or name in ("gatehouse_zone", "gatehouse"):
            continue
        if name.startswith("gatehouse"):
            server.append(rows["Default"])
            continue
        arguments = rows["Default"].split(" ", 1)[1].rstrip(";")
        arguments = re.sub(r"blocklist=\S+", "blocklist=off", arguments)
        written[name] = mandatory["mails"] if name == "mails" else arguments.replace("...", mandatory.get(name, ""))
    assert len(written) > 20 and len(server) > 5
    realm = lambda block: "\n".join(f"{name} {arguments};" for name, arguments in block.items())
    plain = explain(folder, realm(mandatory), "")
    spelt_out = explain(folder, realm(written), "\n".join(server))
    assert spelt_out == plain


def test_what_is_explained_has_a_directive(folder, mandatory):
    """So a new setting is either compared above, or named in NOT_EXPLAINED."""
    realm, = explain(folder, "".join(f"{name} {arguments};" for name, arguments in mandatory.items()), "")["realms"]
    other_names = {"cookies": "cookie", "mail": "smtp", "registration_domains": "registration"}
    explained = {other_names.get(key, key) for key in realm} - {"name"}
    assert explained <= set(DOCUMENTED)
    assert set(realm_directives()) - explained == {"keys", "mails", "notices"}



# ---- docs/rest.md ----

def test_every_route_of_rest_is_there_and_no_other():
    routes = re.findall(r'route\{"(\w+)", "([^"]+)",', (TREE / "cpp_core" / "rest" / "rest.cpp").read_text())
    page = (TREE / "docs" / "rest.md").read_text()
    assert sorted(re.findall(r"^\| `([A-Z]+) ([^`]+)` \|", page, re.MULTILINE)) == sorted(routes)


def test_the_example_has_every_directive():
    example = (TREE / "nginx.conf.example").read_text()
    assert [name for name in DOCUMENTED if not re.search(rf"^ *{name} ", example, re.MULTILINE)] == []
