"""An SMTP server for tests and demonstrations: it writes every mail that it accepts into a folder, and misbehaves on demand.

    smtp_server.py --port 2525 --folder FOLDER [--tls starttls|implicit --certificate FILE --key FILE]
                   [--user NAME --password PASSWORD] [--behaviour FILE]

FOLDER gets 00001.eml, the mail as it came, then 00001.json with its envelope: from, to, helo, user, tls and the number
of the connection. With --tls starttls or --user no mail is accepted without. Every command is a line on standard output.

The behaviour file is JSON, read again at every step, {} or absent for a good server. It says for each step what goes
wrong there:

    {"RCPT": {"reply": "550 5.1.1 no such user", "to": "eve@", "times": 2}, "MESSAGE": {"delay": 2.5}}

Steps: CONNECT, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, CONTENTS (the first byte after DATA), MESSAGE (the last
dot), RSET, NOOP, QUIT. `reply`: said instead of what the server would do. `delay`: seconds before. `close`: hang up, after
the reply if there is one. `to`: only if the command has this text in it. `times`: only so often, counted since the file
was changed. At MESSAGE the mail is kept, and then the rest happens, unless the reply is a refusal.
"""

import argparse
import asyncio
import json
import logging
import pathlib
import signal
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

STEPS = ["HELO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT"]


class Behaviour:
    def __init__(self, file):
        self.file, self.seen, self.counts = file, None, {}

    def at(self, step, argument):
        """What goes wrong at this step, if anything does."""
        there = self.file and self.file.exists()
        text, written = (self.file.read_text(), self.file.stat().st_mtime_ns) if there else ("", None)
        if (text, written) != self.seen:
            self.seen, self.counts = (text, written), {}
        rule = json.loads(text or "{}").get(step)
        if rule is None or rule.get("to", "") not in (argument or ""):
            return None
        self.counts[step] = self.counts.get(step, 0) + 1
        return rule if self.counts[step] <= rule.get("times", self.counts[step]) else None


class Folder:
    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def keep(self, envelope, about):
        number = 1 + max((int(file.stem) for file in self.path.glob("*.eml")), default=0)
        (self.path / f"{number:05}.eml").write_bytes(envelope.original_content)
        about.update({"from": envelope.mail_from, "to": envelope.rcpt_tos})
        unfinished = self.path / f"{number:05}.new"
        unfinished.write_text(json.dumps(about))
        unfinished.rename(self.path / f"{number:05}.json")


class Session(SMTP):
    connections = 0

    def __init__(self, behaviour, folder, **options):
        super().__init__(self, hostname="mail.test", loop=asyncio.get_running_loop(), **options)
        self.behaviour, self.folder = behaviour, folder
        Session.connections += 1
        self.number = Session.connections

    async def misbehaves(self, step, argument=None):
        """True: this was the answer."""
        print(self.number, step, "" if step == "AUTH" else argument or "", flush=True)
        rule = self.behaviour.at(step, argument)
        if rule is None:
            return False
        await asyncio.sleep(rule.get("delay", 0))
        if "reply" in rule:
            await self.push(rule["reply"])
        if rule.get("close"):
            self.transport.close()
        return "reply" in rule or rule.get("close", False)

    async def _handle_client(self):
        if await self.misbehaves("CONNECT"):
            self.transport.close()
        else:
            await super()._handle_client()

    async def smtp_DATA(self, argument):
        if await self.misbehaves("DATA", argument):
            return
        if self.behaviour.at("CONTENTS", "") is None:
            return await super().smtp_DATA(argument)
        await self.push("354 go on")
        await self._reader.read(1)
        if not await self.misbehaves("CONTENTS"):
            raise ValueError("CONTENTS needs a reply or close")

    async def handle_DATA(self, _, session, envelope):
        rule = self.behaviour.at("MESSAGE", "")
        if rule is None or rule.get("reply", "2").startswith("2"):
            tls = session.ssl or self.transport.get_extra_info("ssl_object")
            user = session.login_data.decode() if session.login_data else None
            self.folder.keep(envelope, {"helo": session.host_name, "user": user, "tls": tls is not None,
                                        "connection": self.number})
        print(self.number, "MESSAGE", flush=True)
        if rule is None:
            return "250 2.0.0 kept"
        await asyncio.sleep(rule.get("delay", 0))
        if rule.get("close"):
            self.transport.close()
            await asyncio.sleep(3600)       # the connection's end cancels this
        return rule.get("reply", "250 2.0.0 kept")


def misbehaving(step):
    usual = getattr(SMTP, "smtp_" + step)

    async def act(self, argument):
        if not await self.misbehaves(step, argument):
            await usual(self, argument)
    return act


for each in STEPS:
    if each != "DATA":
        setattr(Session, "smtp_" + each, misbehaving(each))


async def serve(options):
    session_options, server_options = {"enable_SMTPUTF8": False}, {}
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        if options.tls == "implicit":
            server_options["ssl"] = context
        else:
            session_options.update(tls_context=context, require_starttls=True)
    if options.user:
        def check(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and data == LoginPassword(options.user.encode(),
                                                                             options.password.encode())
            return AuthResult(success=good, handled=False, auth_data=data if good else None)
        session_options.update(authenticator=check, auth_required=True, auth_require_tls=False)
    else:
        session_options.update(auth_exclude_mechanism=["LOGIN", "PLAIN"])

    behaviour, folder = Behaviour(options.behaviour), Folder(options.folder)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    await loop.create_server(lambda: Session(behaviour, folder, **session_options), "127.0.0.1", options.port,
                             **server_options)
    await stop.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--folder", type=pathlib.Path, required=True)
    arguments.add_argument("--behaviour", type=pathlib.Path)
    arguments.add_argument("--tls", choices=["starttls", "implicit"])
    arguments.add_argument("--certificate")
    arguments.add_argument("--key")
    arguments.add_argument("--user")
    arguments.add_argument("--password")
    warnings.simplefilter("ignore")     # it finds log-in without TLS unwise
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)      # connections that end early are what this is for
    asyncio.run(serve(arguments.parse_args()))


if __name__ == "__main__":
    main()
