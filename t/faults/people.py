"""The people of the soak. Each does one thing after another and knows what must come of it; what he holds is judged by passes.py."""

import random
import secrets
import time
from dataclasses import dataclass, field

import psycopg2

from accounts import bearer, claims
from browser import FETCH
from meanwhile import SECRET
from passes import LEASE, SQL, End, May, Token, heard
from user_tokens import key

STORES = ("redis", "postgres")
ACCESS, REFRESH = "gatehouse", "gatehouse-refresh"
REPLAYS = 200.0  # s: well within the realm's refresh_grace


class Wrong(AssertionError):
    pass


@dataclass
class Answer:
    node: object
    begun: float
    at: float
    reply: object

    @property
    def status(self):
        return self.reply.status_code


@dataclass
class Session:
    """Its newest tokens, those before, and what has ended it."""
    by_cookie: bool
    ends: list = field(default_factory=list)
    access: list = field(default_factory=list)
    refresh: Token = None
    spent: list = field(default_factory=list)  # refresh tokens that were replaced, the last one last
    renewed: float = 0.0
    unsure: bool = False  # a refresh has failed, and Redis may have carried it out


@dataclass
class Person:
    email: str
    password: str
    version: int = 1
    disabled: bool = False
    other_password: str = None  # may be the one by now: nobody heard of the change
    change: End = None          # the end of the other sessions by that
    sessions: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    expiries: list = field(default_factory=list)  # (version, End): access tokens with an older one end


class Crowd:
    """Some people and all their requests, until world.stop or the first wrong answer."""

    def __init__(self, world, number):
        self.world, self.random = world, random.Random(f"{world.seed}/{number}")
        self.people, self.past = [], []  # past: tokens that have ended, and must not come back

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

    # ---- asking ----

    def ask(self, method, path, allowed, faulty=STORES, **options):
        """503 is allowed where a store of `faulty` was at fault."""
        node, begun = self.random.choice(self.world.nodes), time.time()
        answer = Answer(node, begun, 0.0, node.request(method, path, **options))
        answer.at = time.time()
        if answer.status == 503 and faulty and self.world.weather.at_fault(faulty, begun, answer.at) is not None:
            self.world.counts["503 in a fault"] += 1
            time.sleep(0.1)
        elif answer.status not in allowed:
            raise Wrong(f"{method} {path} at {self.world.nodes.index(node)} was {answer.status}, not {allowed}: "
                        f"{answer.reply.text[:300]} ({begun:.3f}–{answer.at:.3f}, headers {options.get('headers')})")
        return answer

    def post(self, route, allowed, token=None, faulty=STORES, **body):
        return self.ask("POST", "/auth/" + route, allowed, faulty, json=body, headers=bearer(token) if token else {})

    def visit(self, token, headers, by_cookie=False, path="/guarded/page"):
        """A request to the application, held against what the token may. Only a session's cookies and a key need stores."""
        weather = self.world.weather
        faulty = ("redis",) if by_cookie else STORES if path == "/keys/page" else ()
        answer = self.ask("GET", path, (200, 401), faulty, headers=headers)
        may = token.may(answer.node, answer.begun, answer.at, weather)
        self.world.counts[may.name] += 1
        wrong = {May.MUST: answer.status == 401, May.MUST_NOT: answer.status == 200, May.EITHER: False}[may]
        if wrong or (SECRET in answer.reply.text) != (answer.status == 200):
            raise Wrong(f"{path} at {self.world.nodes.index(answer.node)} was {answer.status}, {may.name}; "
                        f"{answer.begun:.3f}–{answer.at:.3f}, expires {token.expires}, "
                        f"over {[end.over(answer.node, weather) for end in token.ends + token.own_ends]}, "
                        f"ends {token.ends + token.own_ends}, faults {weather.faults}, {headers}")
        return answer

    def sql(self, text, *values):
        """As an administrator who tries again until PostgreSQL is there: when he began, and when it was done."""
        begun = time.time()
        while True:
            try:
                self.world.postgres.query(text, *values)
                return begun, time.time()
            except psycopg2.Error:
                assert time.time() < begun + 60, "PostgreSQL is not there for a minute"
                time.sleep(0.1)

    # ---- sessions ----

    def living(self, person, by_cookie=False):
        """A session that nothing has begun to end; None without one."""
        sessions = [session for session in person.sessions if not session.ends and session.by_cookie == by_cookie]
        return self.random.choice(sessions) if sessions else None

    def keep(self, person, session, access, refresh):
        if session.refresh is not None and refresh != session.refresh.text:
            session.spent.append(session.refresh.text)
        content = claims(access)
        token = Token(access, session.ends, expires=content["exp"])
        token.own_ends += [end for version, end in person.expiries if content["av"] < version]
        token.version = content["av"]
        session.access = session.access[-4:] + [token]
        session.refresh = Token(refresh, session.ends)
        session.renewed, session.unsure = time.time(), False

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

    def tokens_in(self, answer):
        tokens = answer.reply.json()["tokens"]
        return tokens["accessToken"], tokens["refreshToken"]

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
            person.change.due.update(heard(answer, self.world.nodes, at_once=False, stores=STORES).due)
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

    # ---- looking ----

    def cookies(self, session):
        return {"Cookie": f"{ACCESS}={session.access[-1].text}; {REFRESH}={session.refresh.text}"}

    def look(self, person):
        """Some of what he has and of what he had, wherever it may be shown."""
        for session in self.random.sample(person.sessions, min(2, len(person.sessions))):
            if session.by_cookie:
                self.look_by_cookie(person, session)
            else:
                token = self.random.choice(session.access)
                self.visit(token, bearer(token.text))
        if person.keys:
            token = self.random.choice(person.keys)
            self.visit(token, key(token.text), path="/keys/page")
        for session, token in self.random.sample(self.past, min(2, len(self.past))):
            if session is None:
                self.visit(token, key(token.text), path="/keys/page")
            elif session.by_cookie:
                self.visit(session.refresh, {**FETCH, **self.cookies(session)}, by_cookie=True)
            else:
                self.visit(token, bearer(token.text))

    def look_by_cookie(self, person, session):
        """Who has only the refresh cookie left passes and gets both anew."""
        if session.unsure and time.time() > session.renewed + REPLAYS:
            return
        cookies = self.cookies(session)
        if self.random.random() < 0.3:
            cookies = {"Cookie": f"{REFRESH}={session.refresh.text}"}
        answer = self.visit(session.refresh, {**FETCH, **cookies}, by_cookie=True)
        session.unsure = answer.status == 503 or (session.unsure and not answer.reply.cookies)
        if answer.status == 200 and REFRESH in answer.reply.cookies:
            self.world.counts["silent refreshes"] += 1
            self.keep(person, session, answer.reply.cookies[ACCESS], answer.reply.cookies[REFRESH])
