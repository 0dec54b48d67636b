"""The tests' SMTP server, and the mails that it has got.

    smtp.url                                        smtp://127.0.0.1:PORT
    smtp.mails(to="ann@example.com")                all so far, oldest first
    mail = smtp.wait_for_mail("ann@example.com")    the next one that no call has returned yet
    mail.text, mail.html, mail.message["Subject"], mail.envelope["to"], mail.raw
    smtp.behave(RCPT={"reply": "450 4.2.0 later", "times": 1})     see smtp_server.py; behave() is good again
    smtp.stop(); smtp.start()                       on the same port, with the same mails
"""

import email
import email.policy
import json
import pathlib
import signal
import socket
import subprocess
import time

from processes import Server, free_port, give_away

SCRIPT = pathlib.Path(__file__).with_name("smtp_server.py")


class Mail:
    def __init__(self, file):
        self.number = int(file.stem)
        self.envelope = json.loads(file.read_text())
        self.raw = file.with_suffix(".eml").read_bytes()
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)

    def _part(self, kind):
        part = self.message.get_body((kind,))
        return part.get_content().replace("\r\n", "\n") if part is not None else None

    @property
    def text(self):
        return self._part("plain")

    @property
    def html(self):
        return self._part("html")


def make_certificate(folder, *names):
    """A certificate that is its own CA, with DNS names and addresses: its file and its key's."""
    alternatives = ",".join(("IP:" if name[0].isdigit() else "DNS:") + name for name in names)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=test", "-addext", f"subjectAltName={alternatives}", "-keyout", str(key), "-out",
                    str(certificate)], check=True, stderr=subprocess.DEVNULL)
    for file in (certificate, key):
        give_away(file)
    return certificate, key


class Smtp(Server):
    def __init__(self, folder, *options):
        """`options` are those of smtp_server.py beside the port and the files."""
        folder.mkdir()
        give_away(folder)
        self.folder, self.behaviour, self.port = folder / "mails", folder / "behaviour.json", free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._returned = set()
        script = folder / SCRIPT.name           # the unprivileged user may not see the tree
        script.write_bytes(SCRIPT.read_bytes())
        super().__init__(["/usr/bin/python3", str(script), "--port", str(self.port), "--folder", str(self.folder),
                          "--behaviour", str(self.behaviour), *options],
                         folder / "log", signal.SIGTERM, self._answers)
        self.start()

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def behave(self, **steps):
        unfinished = self.behaviour.with_suffix(".new")
        unfinished.write_text(json.dumps(steps))
        unfinished.chmod(0o644)
        unfinished.rename(self.behaviour)

    def mails(self, to=None):
        all_mails = [Mail(file) for file in sorted(self.folder.glob("*.json"))]
        return [mail for mail in all_mails if to is None or to in mail.envelope["to"]]

    def wait_for_mail(self, to, limit=10.0):
        deadline = time.monotonic() + limit
        while True:
            for mail in self.mails(to):
                if mail.number not in self._returned:
                    self._returned.add(mail.number)
                    return mail
            assert time.monotonic() < deadline, f"no mail to {to} within {limit} s"
            time.sleep(0.02)

    def clear(self):
        """As new: running, well-behaved, without mails."""
        self.ensure_running()
        self.behave()
        for file in self.folder.glob("*"):
            file.unlink()
        self._returned.clear()
