"""An application behind the demo of ./build.sh run: a visitors' book that knows nothing of logins.

It believes the headers of identity that it gets, as legacy applications do, so nobody but nginx may reach it.
"""

import html
import socketserver
import sys
import urllib.parse
import wsgiref.simple_server

STYLE = """
:root { color-scheme: light dark; --paper: #f4efe4; --ink: #2a2118; --rule: #cdbfa6; --accent: #7b2d26 }
@media (prefers-color-scheme: dark) { :root { --paper: #1d1914; --ink: #ebe3d3; --rule: #57493a; --accent: #f0a59b } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.6 Georgia, "Liberation Serif", serif; overflow-wrap: anywhere }
main { max-width: 38rem; margin: 0 auto; padding: clamp(1.5rem, 8vw, 4rem) 1.25rem }
h1 { margin: 0; font-weight: normal; font-size: clamp(2rem, 9vw, 2.75rem); line-height: 1.15; border-bottom: 3px double var(--rule); padding-bottom: .75rem }
a { color: var(--accent) }
dl { display: grid; grid-template-columns: auto 1fr; gap: .125rem 1.25rem; margin: 1.5rem 0; font-size: 1rem }
dt { font-style: italic; overflow-wrap: normal }
dd { margin: 0; min-width: 0 }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 2rem 0 }
label { flex: 1 0 100% }
input, button { box-sizing: border-box; font: inherit; min-height: 2.75rem; padding: .375rem .75rem; border: 1px solid var(--accent); border-radius: 0; color: inherit; background: transparent }
input { flex: 1 1 12rem; min-width: 0 }
button { cursor: pointer }
ul { margin: 0; padding: 0; list-style: none }
li { padding: .75rem 0; border-top: 1px solid var(--rule) }
li em { display: block; font-size: 1rem }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem } }
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Visitors' book</title>
<link rel="icon" href="data:,"><style>{style}</style></head>
<body><main>
<h1>Visitors' book</h1>
<p>Good day, {name}. This application has no login: with each request it is told who you are.</p>
<dl>{identity}</dl>
{account}<form method="post" action="/"><label for="words">Write something</label><input id="words" name="words" maxlength="200" required><button>Write</button></form>
<ul>{entries}</ul>
</main></body></html>
"""
HEADERS = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups")
MOST_BYTES = 4096

entries = []


def text(header):
    """WSGI hands a header's bytes over as if they were Latin-1; Gatehouse sends UTF-8."""
    return header.encode("latin-1").decode(errors="replace")


def link(account_page):
    """Where the users of this site look after their account; not every dialect of Gatehouse has a page for that."""
    return f'<p><a href="{html.escape(account_page)}">Your account</a></p>' if account_page else ""


def app(request, start_response):
    identity = {name: text(request.get("HTTP_" + name.upper().replace("-", "_"), "")) for name in HEADERS}
    if request["PATH_INFO"] != "/":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"This book has one page, at /\n"]
    if request["REQUEST_METHOD"] == "POST":
        length = min(int(request.get("CONTENT_LENGTH") or 0), MOST_BYTES)
        form = urllib.parse.parse_qs(request["wsgi.input"].read(length).decode(errors="replace"))
        entries.insert(0, (identity["Remote-Name"], form.get("words", [""])[0]))
        del entries[20:]
        start_response("303 See Other", [("Location", "/")])
        return []
    body = PAGE.format(
        style=STYLE, name=html.escape(identity["Remote-Name"] or "stranger"), account=link(request.get("HTTP_ACCOUNT_PAGE", "")),
        identity="".join(f"<dt>{name}</dt><dd>{html.escape(value) or '–'}</dd>" for name, value in identity.items()),
        entries="".join(f"<li>{html.escape(words)} <em>{html.escape(who)}</em></li>" for who, words in entries))
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [body.encode()]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    wsgiref.simple_server.make_server("127.0.0.1", int(sys.argv[1]), app, server_class=Server).serve_forever()
