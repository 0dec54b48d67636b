"""What the people of the soak do, one thing after another, and what must come of it."""

import secrets
import time

import psycopg2

from accounts import bearer, claims
from passes import LEASE, SQL, End, Token, heard
from people import ACCESS, REFRESH, REPLAYS, STORES, Person, Session, Witness, Wrong


class Crowd(Witness):
    """Some people and all their requests, until world.stop or the first wrong answer."""

    def run(self):
        try:
            self.people = [self.register() for _ in range(2)]
            deeds = [(self.log_in, 10), (self.refresh, 8), (self.replay, 3), (self.log_out, 5), (self.log_out_everywhere, 2),
                     (self.change_password, 2), (self.disable, 1), (self.change_roles, 1), (self.make_key, 3), (self.end_key, 2),
                     (self.steal, 1), (self.delete, 1)]
            names, weights = zip(*deeds)
            while not self.world.stop.is_set():
                person = self.random.choice(self.people)
                deed = self.random.choices(names, weights)[0]
                self.world.counts[deed.__name__] += 1
                deed(person)
                self.look(person)
        except Exception as failure:
            self.world.failures.append(failure)
            self.world.stop.set()

    # ---- sessions ----

    def living(self, person, by_cookie=False):
        """A session that nothing has begun to end; None without one."""
        sessions = [session for session in person.sessions if not session.ends and session.by_cookie == by_cookie]
        return self.random.choice(sessions) if sessions else None

    def register(self):
        while True:
            person = Person(f"jane.{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(12))
            answer = self.post("register", (201,), name="Jane Doe", email=person.email, password=person.password)
            if answer.status == 201:
                session = Session(by_cookie=False)
                self.keep(person, session, *self.tokens_in(answer))
                person.sessions.append(session)
                return person
            time.sleep(0.1)

    def log_in(self, person):
        """By JSON or as a browser. Who is disabled is refused; a password that may have been changed shows whether it was."""
        if person.disabled:
            self.post("login", (401,), email=person.email, password=person.password)
            return
        if person.other_password and not self.settle_password(person):
            return
        by_cookie = self.random.random() < 0.4
        if by_cookie:
            answer = self.ask("POST", "/auth/login", (303,), data={"email": person.email, "password": person.password},
                              headers={"Sec-Fetch-Site": "same-origin"})
        else:
            answer = self.post("login", (200,), email=person.email, password=person.password)
        if answer.status == 503:
            return
        session = Session(by_cookie)
        cookies = answer.reply.cookies
        self.keep(person, session, *((cookies[ACCESS], cookies[REFRESH]) if by_cookie else self.tokens_in(answer)))
        person.sessions = person.sessions[-7:] + [session]

    def settle_password(self, person):
        """Which of two it is, after a change whose outcome nobody heard; False as long as nobody knows."""
        answer = self.post("login", (200, 401), email=person.email, password=person.other_password)
        if answer.status == 503:
            return False
        if answer.status == 200:
            person.password = person.other_password
            known = heard(answer, self.world.nodes, at_once=False, stores=STORES, lease=True)
            person.change.due, person.change.delays = known.due, known.delays
        person.other_password = None
        return True

    def fresh(self, person, session):
        """An access token that is good for some time yet; None where a fault is in the way."""
        if session.access[-1].expires < time.time() + 5 or session.access[-1].own_ends:
            self.renew(person, session)
        token = session.access[-1]
        return token.text if token.expires > time.time() + 4 and not token.own_ends else None

    def renew(self, person, session):
        if session.unsure and time.time() > session.renewed + REPLAYS:
            return  # may count as theft by now
        answer = self.post("refresh", (200,), faulty=("redis",), refreshToken=session.refresh.text)
        session.unsure = answer.status == 503
        if answer.status == 200:
            self.keep(person, session, *self.tokens_in(answer))

    def refresh(self, person):
        session = self.living(person)
        if session:
            self.renew(person, session)

    def replay(self, person):
        """The token before, as by two requests in parallel: the same successor again."""
        session = self.living(person)
        if session and session.spent and not session.unsure and time.time() < session.renewed + REPLAYS:
            answer = self.post("refresh", (200,), faulty=("redis",), refreshToken=session.spent[-1])
            if answer.status == 200:
                access, refresh = self.tokens_in(answer)
                if claims(refresh)["gen"] != claims(session.refresh.text)["gen"]:
                    raise Wrong(f"not the same successor: {refresh}, {session.refresh.text}")
                self.keep(person, session, access, refresh)
                session.spent = [text for text in session.spent if text != refresh]

    def steal(self, person):
        """The one before that is theft, and ends the session."""
        session = self.living(person)
        if session and len(session.spent) > 1 and not session.unsure:
            answer = self.post("refresh", (403,), refreshToken=session.spent[-2])
            self.end(person, [session], answer, answer.status == 403)

    def end(self, person, sessions, answer, certain, **how):
        end = heard(answer, self.world.nodes, **how) if certain else End(answer.begun)
        for session in sessions:
            session.ends.append(end)
        self.bury(person)
        return end

    def bury(self, person):
        """Tokens of what has ended are looked at ever again."""
        for session in [session for session in person.sessions if session.ends and session.ends[-1].due]:
            person.sessions.remove(session)
            self.past += [(session, token) for token in session.access]
            self.past = self.past[-200:]

    def log_out(self, person):
        """Also again, where nobody heard whether the first time was one."""
        session = next((session for session in person.sessions if session.ends and not session.ends[-1].due), None)
        session = session or self.living(person, by_cookie=self.random.random() < 0.5)
        if session and session.by_cookie:
            answer = self.ask("POST", "/auth/logout", (303,), data="", headers={
                "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", **self.cookies(session)})
            self.end(person, [session], answer, answer.status == 303)
        elif session:
            answer = self.post("logout", (200, 403) if session.ends else (200,), refreshToken=session.refresh.text)
            self.end(person, [session], answer, answer.status != 503)

    def log_out_everywhere(self, person):
        session = self.living(person)
        token = session and self.fresh(person, session)
        if token:
            answer = self.post("logout/all", (200,), token)
            self.end(person, list(person.sessions), answer, answer.status == 200)

    # ---- the account ----

    def change_password(self, person):
        session = self.living(person)
        token = session and not person.other_password and self.fresh(person, session)
        if not token:
            return
        new = secrets.token_urlsafe(12)
        answer = self.ask("PATCH", "/auth/me", (200,), headers=bearer(token),
                          json={"password": new, "currentPassword": person.password})
        others = [each for each in person.sessions if each is not session]
        change = self.end(person, others, answer, answer.status == 200, stores=STORES, lease=True)
        if answer.status == 200:
            person.password = new
        else:
            person.other_password, person.change = new, change

    def disable(self, person):
        """And enable again, after a look at what he still had."""
        who = self.world.realm, person.email
        begun, at = self.sql("select gatehouse.set_disabled(%s, %s, true)", *who)
        end = End(begun, {node: at + SQL for node in self.world.nodes}, {"redis": SQL, "postgres": LEASE})
        for each in [*person.sessions, *person.keys]:
            each.ends.append(end)
        self.bury(person)
        person.disabled = True
        for _ in range(self.random.randrange(5)):
            self.log_in(person)
            self.look(person)
        person.keys = []  # they are good again some time after this
        self.sql("select gatehouse.set_disabled(%s, %s, false)", *who)
        person.disabled = False

    def change_roles(self, person):
        """Access tokens from before expire; sessions go on."""
        version = self.version_of(person) + 1
        begun, at = self.sql("select gatehouse.set_roles(%s, %s, %s)", self.world.realm, person.email,
                             [self.random.choice(["reader", "writer"])])
        end = End(begun, {node: at + SQL for node in self.world.nodes}, {"redis": SQL, "postgres": LEASE})
        person.expiries.append((version, end))
        for token in (token for session in person.sessions for token in session.access if token.version < version):
            token.own_ends.append(end)

    def version_of(self, person):
        while True:
            try:
                return self.world.postgres.query("select auth_version from gatehouse.users where realm = %s and email = %s",
                                                 self.world.realm, person.email)[0]["auth_version"]
            except psycopg2.Error:
                time.sleep(0.1)

    def delete(self, person):
        session = self.living(person)
        token = session and self.fresh(person, session)
        if not token:
            return
        answer = self.ask("DELETE", "/auth/me", (200, 204), headers=bearer(token))
        end = self.end(person, list(person.sessions), answer, answer.status != 503, stores=STORES, lease=True)
        for ended in person.keys:
            ended.ends.append(end)
            self.past.append((None, ended))
        self.people.remove(person)
        self.people.append(self.register())

    # ---- users' tokens ----

    def make_key(self, person):
        session = self.living(person)
        token = session and len(person.keys) < 10 and self.fresh(person, session)
        if token:
            answer = self.post("tokens", (201,), token, name="a script", currentPassword=person.password)
            if answer.status == 201:
                made = answer.reply.json()
                person.keys.append(Token(made["token"], [], id=made["id"]))

    def end_key(self, person):
        session = self.living(person)
        token = session and person.keys and self.fresh(person, session)
        if token:
            ended = person.keys.pop(self.random.randrange(len(person.keys)))
            answer = self.ask("DELETE", f"/auth/tokens/{ended.id}", (204,), headers=bearer(token))
            ended.ends.append(heard(answer, self.world.nodes, stores=STORES, lease=True) if answer.status == 204
                              else End(answer.begun))
            self.past.append((None, ended))
