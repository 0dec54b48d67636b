"""An application behind the demo of ./build.sh run: a visitors' book that knows nothing of logins.

It believes the headers of identity that it gets, as legacy applications do, so nobody but nginx may reach it.
"""

import html
import socketserver
import sys
import urllib.parse
import wsgiref.simple_server

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Visitors' book</title>
<link rel="icon" href="data:,">
<style>body {{ font: 1rem/1.5 Georgia, serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem }}
input {{ font: inherit; width: 60% }} th {{ text-align: left; padding-right: 1rem; font-weight: normal }}</style></head>
<body>
<h1>Visitors' book</h1>
<p>Good day, {name}. This application has no login: it is told who you are.</p>
<table>{identity}</table>
<form method="post" action="/"><p><input name="words" aria-label="Your words" maxlength="200" required> <button>Write</button></p></form>
<ul>{entries}</ul>
<p><a href="{account}">Your account</a></p>
</body></html>
"""
HEADERS = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups")
MOST_BYTES = 4096

account_page = ""
entries = []


def app(request, start_response):
    identity = {name: request.get("HTTP_" + name.upper().replace("-", "_"), "") for name in HEADERS}
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
        name=html.escape(identity["Remote-Name"] or "stranger"), account=html.escape(account_page),
        identity="".join(f"<tr><th>{name}</th><td>{html.escape(value) or '–'}</td></tr>" for name, value in identity.items()),
        entries="".join(f"<li>{html.escape(words)} <em>({html.escape(who)})</em></li>" for who, words in entries))
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [body.encode()]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    port, account_page = int(sys.argv[1]), sys.argv[2]
    wsgiref.simple_server.make_server("127.0.0.1", port, app, server_class=Server).serve_forever()
