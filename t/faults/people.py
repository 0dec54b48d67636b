"""The people of the soak, and what they hold: each answer is held against what passes.py knows."""

import random
import time
from dataclasses import dataclass, field

import psycopg2

from accounts import bearer, claims
from browser import FETCH
from meanwhile import SECRET
from passes import End, May, Token
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


class Witness:
    """Asks, keeps what he is given, and looks what it is worth."""

    def __init__(self, world, number):
        self.world, self.random = world, random.Random(f"{world.seed}/{number}")
        self.past = []  # tokens that have ended, and must not come back

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

    # ---- what was given ----

    def tokens_in(self, answer):
        tokens = answer.reply.json()["tokens"]
        return tokens["accessToken"], tokens["refreshToken"]

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
