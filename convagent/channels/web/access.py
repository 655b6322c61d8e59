"""Who comes in: sessions, one-time keys, and how often somebody may try."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlsplit

from .keys import Keys
from .people import People, Person
from .proxy import Forwarded, TrustedProxy
from .visit import Denied, Visit, Visitor

ONCE = "one-time link"


class Access:
    """Know visitors again, let new ones in, and see that a form is one of ours.

    Args:
        keys: sign the sessions.
        people: who may sign in; None: only who holds a one-time key of this process.
        proxy: who is believed to have signed somebody in.
        forwarded: who is believed to say from where a visit came.
        origin: the public address, such as ``https://inbox.example.org``; empty: the one that the browser names.
        lasts: seconds that a session lasts without a visit.
        clock: the time in seconds since the epoch.
    """

    def __init__(
        self, keys: Keys, people: People | None, proxy: TrustedProxy | None, forwarded: Forwarded,
        origin: str, lasts: float, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._keys, self._people, self._proxy, self._origin = keys, people, proxy, origin
        self.address = forwarded.address
        """From where a visit came: whose attempts are counted together."""
        self.lasts, self.clock = lasts, clock
        self.is_https = origin.startswith("https:")
        """Whether its public address is one of https, whatever a proxy makes of it."""
        self._once: dict[bytes, str] = {}
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()
        self.attempts = Attempts(clock)
        self.cookie = f"convagent_inbox_{keys.mark('cookie')[:8]}"
        """The name of the cookie; two servers on one machine do not overwrite each other's."""

    # ------------------------------------------------------------ who it is

    def visitor(self, visit: Visit) -> Visitor | None:
        """Return who is there; None: nobody who may come in."""
        return self._by_proxy(visit) or self._by_session(visit)

    def _by_proxy(self, visit: Visit) -> Visitor | None:
        if self._proxy is None or not self._proxy.trusts(visit.peer):
            return None
        name = visit.header(self._proxy.header.lower())
        person = self.person(name) if name else None
        if person is None:
            return None
        return Visitor(person.name, person.roles, "proxy", self._keys.mark("proxy session", person.name))

    def _by_session(self, visit: Visit) -> Visitor | None:
        found = self._keys.opened("session", visit.cookies.get(self.cookie, ""))
        if found is None or self.clock() >= found["until"] or found["id"] in self._ended:
            return None
        how, name = found["how"], found["name"]
        if how == ONCE:
            return Visitor(name, ("*",), how, found["id"]) if self._people is None else None
        person = self.person(name)
        if person is None or not hmac.compare_digest(self._print(person).encode(), found["print"].encode()):
            return None
        return Visitor(person.name, person.roles, how, found["id"])

    def person(self, name: str) -> Person | None:
        """Return a person of the people file."""
        return None if self._people is None else self._people.named(name)

    def _print(self, person: Person) -> str:
        """Return what changes when a person gets another token, so that their sessions end."""
        return self._keys.mark("token", person.name, person.token)

    # ------------------------------------------------------------ coming and going

    def session(self, name: str, how: str) -> str:
        """Return the cookie of a new session."""
        person = self.person(name)
        return self._sealed(secrets.token_urlsafe(16), name, how, "" if person is None else self._print(person))

    def renewed(self, visit: Visit) -> str | None:
        """Return a cookie that lasts longer, once half of the time of this one has passed."""
        found = self._keys.opened("session", visit.cookies.get(self.cookie, ""))
        if found is None or found["until"] - self.clock() > self.lasts / 2:
            return None
        return self._sealed(found["id"], found["name"], found["how"], found["print"])

    def _sealed(self, id: str, name: str, how: str, print: str) -> str:
        until = self.clock() + self.lasts
        return self._keys.seal("session", {"id": id, "name": name, "how": how, "print": print, "until": until})

    def end(self, visitor: Visitor) -> None:
        """Let a session count no more, wherever its cookie is."""
        now = self.clock()
        with self._lock:
            self._ended[visitor.session] = now + self.lasts
            self._ended.move_to_end(visitor.session)
            while self._ended and next(iter(self._ended.values())) < now:
                self._ended.popitem(last=False)

    def with_token(self, token: str) -> Person | None:
        """Return whose token it is."""
        return None if self._people is None else self._people.with_token(token)

    @property
    def takes_tokens(self) -> bool:
        """Whether people sign in with tokens."""
        return self._people is not None

    def new_once(self, name: str) -> str:
        """Return a key that lets somebody in once, in every role. Only where there is no people file."""
        key = secrets.token_urlsafe(32)
        self._once[key.encode()] = name
        return key

    def once(self, key: str, *, use: bool = False) -> str:
        """Return whom a one-time key lets in, and if it is used now, let it be worth nothing; empty: nobody."""
        given = key.encode("utf-8", "replace")
        with self._lock:
            fits = [known for known in self._once if hmac.compare_digest(known, given)]
            if not fits:
                return ""
            return self._once.pop(fits[0]) if use else self._once[fits[0]]

    # ------------------------------------------------------------ forms

    def form_key(self, visitor: Visitor) -> str:
        """Return what a form of this visitor carries, and no other site can know."""
        return self._keys.mark("form", visitor.session)

    def check_form(self, visit: Visit, visitor: Visitor) -> None:
        """See that a form is one of ours.

        Raises:
            Denied: it comes from another site, or is of another session.
        """
        self.check_origin(visit)
        if not self._keys.fits(visit.typed("form_key"), "form", visitor.session):
            raise Denied(403, "This form is from another session. Nothing was done; load the page again.")

    def check_origin(self, visit: Visit) -> None:
        """See that a form was sent by a page of ours.

        Browsers say so in Sec-Fetch-Site, which no page can forge; older ones in Origin. What says neither
        is no browser, and carries nobody's cookie unasked.

        Raises:
            Denied: another site sent it, or the browser does not say.
        """
        site, origin = visit.headers.get("sec-fetch-site"), visit.headers.get("origin")
        if site is not None:
            right = list(site) == ["same-origin"]
        elif origin is not None:
            right = len(origin) == 1 and self._is_ours(origin[0], visit)
        else:
            right = True
        if not right:
            raise Denied(
                403,
                "This form did not come from a page of this inbox. Nothing was done; open it by https or localhost.",
            )

    def _is_ours(self, origin: str, visit: Visit) -> bool:
        if self._origin:
            return origin == self._origin
        return origin != "null" and urlsplit(origin).netloc == visit.header("host")


class Attempts:
    """How often somebody may try to sign in: ten times in five minutes from one address."""

    MOST, WITHIN, KNOWN = 10, 300.0, 10_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def check(self, peer: str) -> None:
        """See whether somebody from this address may try.

        Raises:
            Denied: not now; it says when.
        """
        now = self._clock()
        with self._lock:
            recent = [at for at in self._failed.get(peer, ()) if at > now - self.WITHIN]
        if len(recent) >= self.MOST:
            wait = max(1, round(recent[0] + self.WITHIN - now))
            raise Denied(403, f"Too many attempts from here. Try again in {wait} seconds.", {"retry-after": str(wait)})

    def failed(self, peer: str) -> None:
        """Count a try that failed."""
        with self._lock:
            now = self._clock()
            known = [at for at in self._failed.pop(peer, []) if at > now - self.WITHIN]
            self._failed[peer] = [*known, now][-self.MOST :]
            while len(self._failed) > self.KNOWN:
                self._failed.popitem(last=False)

    def worked(self, peer: str) -> None:
        """Forget the failures of an address."""
        with self._lock:
            self._failed.pop(peer, None)
