"""A folder of pages that an operator has changed: `nginx -t` says what is wrong, in which file and line."""

import os
import shutil

import pytest

from browser import NAVIGATION
from stores import TREE

SITE = "location /auth/ { gatehouse_api %REALM% rest; }"


@pytest.fixture
def pages(session_folder):
    copy = session_folder / ("pages" + os.urandom(4).hex())
    shutil.copytree(TREE / "pages", copy)
    copy.chmod(0o755)
    return copy


@pytest.fixture
def said_of(nginx, pages):
    """What `nginx -t` says of the folder; None: it is content."""
    server = nginx(SITE, realm={"pages": str(pages)}, start=False)

    def say():
        good, said = server.test_conf()
        return None if good else said
    return say


def replace(old, new):
    def change(file):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    return change


def put_in(data):
    return lambda file: file.write_bytes(data)


def prepend(data):
    return lambda file: file.write_bytes(data + file.read_bytes())


def line_of(text, last=False):
    """Where a line of login.html begins so or has it."""
    lines = [number for number, line in enumerate((TREE / "pages/login.html").read_text().splitlines(), 1)
             if line == text or line.startswith("<") and line.find(text) > 0 and "<title>" not in line]
    return lines[-1 if last else 0]


WRONG = [
    ("login.html", lambda file: file.unlink(), 'has no "login.html"'),
    ("en.json", lambda file: file.unlink(), 'has no "en.json"'),
    ("_foot.html", lambda file: file.unlink(), 'there is no file "_foot.html" for {{>_foot}}'),
    ("assets/style.css", lambda file: file.unlink(), '_head.html": line 16: there is no file "assets/style.css"'),
    ("assets", shutil.rmtree, 'there is no file "assets/'),
    ("login.html", replace("{{/user}}\n</main>", "</main>"), f'login.html": line {line_of("{{^user}}")}: {{{{^user}}}} is never closed'),
    ("login.html", replace("{{/can.reset}}", ""),
     f'line {line_of("{{/user}}", last=True)}: {{{{/user}}}} stands where {{{{#can.reset}}}} of line {line_of("{{#can.reset}}")} should be closed'),
    ("login.html", replace("{{/can.reset}}", "{{/can.rest}}"), f'line {line_of("{{/can.reset}}")}: {{{{/can.rest}}}} stands where'),
    ("login.html", replace("{{mount}}login", "{{mount"), f'login.html": line {line_of("{{mount}}login")}: the {{{{ here is not followed by a name and }}}}'),
    ("login.html", replace("{{text.login.submit}}", "{{text.login.sumbit}}"), f'login.html": line {line_of("{{text.login.submit}}")}: {{{{text.login.sumbit}}}} is not in en.json'),
    ("_email.html", replace("{{/form.email.focus}}", ""), '_email.html": line 3: '),
    ("_foot.html", put_in(b"{{> _foot}}"), "its parts hold each other"),
    ("login.html", prepend("Gr\xfc\xdfe\n".encode("latin-1")), 'login.html": line 1: not UTF-8'),
    ("_head.html", prepend(b"\xef\xbb\xbf"), '_head.html": begins with a byte order mark'),
    ("en.json", prepend(b"\xef\xbb\xbf"), 'en.json": begins with a byte order mark'),
    ("de.json", put_in(b"[]"), 'de.json": must be an object of texts and groups of texts'),
    ("de.json", put_in(b'{"login": null}'), 'de.json": "login" must be a text, or an object of texts'),
    ("de.json", put_in(b'{"login": {"title": 1}}'), 'de.json": "login" must be a text, or an object of texts'),
    ("de.json", put_in(b'{"login": "Anmelden"}'), 'de.json": "login" must be what it is in en.json'),
    ("fr.json", put_in('{"login": {"title": "Gr\xfc\xdfe"}}'.encode("latin-1")), 'fr.json": '),
    ("assets/x.exe", put_in(b""), "assets/x.exe\": is of a type that the pages do not use; they use .css .js .svg .png .jpg .jpeg .gif"),
    ("assets/theme.css", put_in(b""), 'assets/theme.css": would never be seen'),
    ("assets/x.txt", lambda file: file.symlink_to("/etc/shadow"), 'assets/x.txt" is a link that leads out of the folder'),
    ("assets/x.txt", lambda file: file.symlink_to("/nowhere"), 'assets/x.txt" is a link that leads nowhere'),
    ("x.html", lambda file: file.symlink_to("x.html"), 'x.html" is a link that leads nowhere'),
    ("assets/up.txt", lambda file: file.symlink_to("../../../../../etc/hostname"), 'assets/up.txt" is a link that leads out of the folder'),
]


@pytest.mark.parametrize("file, change, complaint", WRONG)
def test_what_is_wrong_is_said_with_the_file_and_the_line(said_of, pages, file, change, complaint):
    assert said_of() is None
    change(pages / file)
    said = said_of()
    assert said and complaint in said, said
    assert "pages off" not in said, "no advice for a slip in a file"


def test_a_folder_that_leads_out_is_refused(said_of, pages, session_folder):
    elsewhere = session_folder / ("assets" + os.urandom(4).hex())
    shutil.move(pages / "assets", elsewhere)
    (pages / "assets").symlink_to(elsewhere)
    assert 'assets" is a link that leads out of the folder' in said_of()


def test_a_folder_that_is_not_there(nginx):
    good, said = nginx(SITE, realm={"pages": "/nowhere"}, start=False).test_conf()
    assert not good and "/nowhere" in said and 'write "pages DIRECTORY" or "pages off"' in said


def test_what_editors_and_packages_leave_behind_is_not_served_and_harmless(nginx, pages):
    for name in ("assets/style.css~", "assets/#style.css#", "assets/.style.css.swp", "assets/style.css.bak",
                 "login.html~", "de.json.dpkg-old"):
        (pages / name).write_bytes(b"\xff{{")
    for name in ("logo.PNG", "photo.jpeg", "dance.gif"):
        (pages / "assets" / name).write_bytes(b"x")
    shutil.move(pages / "logged-out.html", pages / "inside")
    (pages / "logged-out.html").symlink_to("inside")
    server = nginx(SITE, realm={"pages": str(pages)})
    assert server.get("/auth/logged-out", headers=NAVIGATION).status_code == 200
    assert server.get("/auth/assets/style.css~").status_code == 404
    types = {name: server.get(f"/auth/assets/{name}").headers["Content-Type"] for name in ("logo.PNG", "photo.jpeg", "dance.gif")}
    assert types == {"logo.PNG": "image/png", "photo.jpeg": "image/jpeg", "dance.gif": "image/gif"}
