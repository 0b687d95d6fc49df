"""storm.py: clients at full speed while processes are killed, and a checker that compares what is there with what was said.

Each message has a set of possible worlds: a world says in which mailboxes it lies and with which flags. An operation answered
OK moves every world on; one without an answer leaves both the old worlds and the new; a NO leaves the old. In the end
the mailboxes must be one of the worlds, for every message.
"""
import hashlib
import json
import os
import random
import re
import threading
import time
from pathlib import Path

from client import Client, Closed, Lmtp, Timeout
from service import socket_inode

SMALL, LARGE = 2000, 1_500_000
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "$Storm", "kept"]
BROKEN = (Closed, Timeout, OSError)
PATIENCE_S = 30


def mail_of(name, size):
    """A mail that names itself, different in every byte from others; and the hash of what must come back."""
    luck = random.Random(name)
    lines = [f"X-Storm: {name}", f"Subject: storm {name}", ""]
    total = 0
    while total < size:
        lines.append(f"{luck.getrandbits(256):064x}" * (1 if size < 10000 else 8))
        total += len(lines[-1]) + 2
    mail = ("\r\n".join(lines) + "\r\n").encode()
    return mail, hashlib.sha256(mail).hexdigest()


class Ledger:
    """What clients were told. Shared by the actors."""

    def __init__(self):
        self.lock = threading.Lock()
        self.worlds = {}           # (user, message) -> set of worlds; a world: sorted tuple of (mailbox, flags)
        self.hashes = {}           # message -> sha256
        self.uids = {}             # (user, uidvalidity, uid) -> message
        self.validity = {}         # (user, mailbox) -> uidvalidity
        self.names = {}            # (user, serial) -> set of possible names; None: it is not there
        self.faults = []           # what should never have been seen
        self.answers = {"OK": 0, "NO": 0, "none": 0}
        self.pause_s = 0

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def born(self, user, message, digest):
        with self.lock:
            self.worlds[user, message] = {()}
            self.hashes[message] = digest

    def moved(self, user, message, answer, step):
        """An operation of one message ended: answer is OK, NO or None (no answer); step takes a world to the next."""
        with self.lock:
            old = self.worlds[user, message]
            new = {tuple(sorted(step(list(w)))) for w in old}
            self.worlds[user, message] = new if answer == "OK" else old if answer == "NO" else old | new
            self.answers[answer or "none"] += 1

    def named(self, user, serial, answer, name):
        with self.lock:
            old = self.names.setdefault((user, serial), {None})
            self.names[user, serial] = {name} if answer == "OK" else old if answer == "NO" else old | {name}
            self.answers[answer or "none"] += 1

    def uid_told(self, user, validity, uid, message):
        with self.lock:
            before = self.uids.setdefault((user, int(validity), int(uid)), message)
        if before != message:
            self.fault(f"{user}: UID {uid} of {validity} was given to {before} and to {message}")

    def validity_told(self, user, mailbox, validity):
        with self.lock:
            before = self.validity.setdefault((user, mailbox), validity)
        if before != validity:
            self.fault(f"{user}: UIDVALIDITY of {mailbox} was {before} and is {validity}")


class Actor(threading.Thread):
    """One client that works until the storm ends. A subclass says what one step is."""

    def __init__(self, storm, name, user):
        super().__init__(name=name, daemon=True)
        self.storm, self.ledger, self.user = storm, storm.ledger, user
        self.luck = random.Random(f"{storm.seed}/{name}")
        self.serial = 0
        self.connection = self.home = self.era = None

    def run(self):
        while not self.storm.over.is_set():
            try:
                if not self.connection:
                    self.connect()
                self.step()
            except BROKEN as e:
                self.broken(e)
            except AssertionError as e:
                self.ledger.fault(f"{self.name}: {e}")
                self.hang_up()
        self.hang_up()

    # connections

    def connect(self):
        end = time.monotonic() + PATIENCE_S
        while True:
            self.era = self.storm.era
            try:
                self.connection = self.dial()
                self.home = self.storm.owner_of(self.connection)
                self.greet()
                return
            except (*BROKEN, AssertionError) as e:
                self.hang_up()
                if time.monotonic() > end:
                    raise AssertionError(f"no connection for {PATIENCE_S} s: {e}") from None
                time.sleep(0.05)

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def broken(self, why):
        """A connection ended: that may only happen when its own process, or the supervisor, was killed."""
        self.hang_up()
        warranted = self.home is None or self.home in self.storm.killed or self.era != self.storm.era
        if not warranted and not self.storm.over.is_set():
            self.ledger.fault(f"{self.name}: lost its connection to {self.home}, which nobody killed: {why!r}")

    # one question, one answer

    def ask(self, *parts):
        """(answer, reply): OK or NO. No answer: raises, and the caller's `with` notes it."""
        start = time.monotonic()
        reply = self.connection.do(*parts)
        took = time.monotonic() - start
        with self.ledger.lock:
            self.ledger.pause_s = max(self.ledger.pause_s, took)
        if reply.status_word == "BAD":
            raise AssertionError(f"{parts[0]}: {reply!r}")
        if reply.status_word == "NO" and not re.search(r"\[(UNAVAILABLE|TRYCREATE|NONEXISTENT|INUSE)", reply.tagged.text):
            self.ledger.fault(f"{self.name}: {parts[0]}: {reply.tagged.text}")
        return reply.status_word, reply

    def change(self, message, step, *parts):
        """One operation on one message, noted whatever comes of it. None: it was refused."""
        try:
            answer, reply = self.ask(*parts)
        except BROKEN:
            self.ledger.moved(self.user.name, message, None, step)
            raise
        self.ledger.moved(self.user.name, message, answer, step)
        return reply if answer == "OK" else None

    def new_message(self, size):
        self.serial += 1
        name = f"{self.name}-{self.serial}"
        mail, digest = mail_of(name, size)
        self.ledger.born(self.user.name, name, digest)
        return name, mail

    def append(self, mailbox, name, mail, flags=()):
        reply = self.change(name, lambda w: w + [(mailbox, tuple(sorted(flags)))],
                            f'APPEND "{mailbox}" ({" ".join(flags)})', mail)
        if not reply:
            return None
        validity, uid = reply.code("APPENDUID").split()
        self.ledger.uid_told(self.user.name, validity, uid, name)
        return int(uid)


class ImapActor(Actor):
    def dial(self):
        return Client(self.storm.service.imap, self.name)

    def greet(self):
        self.connection.login(self.user.name)

    def select(self, mailbox):
        _, reply = self.ask(f'SELECT "{mailbox}"')
        assert reply.status_word == "OK", reply.tagged.text
        self.ledger.validity_told(self.user.name, mailbox, int(reply.code("UIDVALIDITY")))


class Appender(ImapActor):
    """Adds to mailboxes that others add to as well; now and then something large."""

    def step(self):
        size = LARGE if self.luck.random() < 0.1 else self.luck.randrange(100, SMALL)
        flags = self.luck.sample(FLAGS, self.luck.randrange(3))
        name, mail = self.new_message(size)
        self.append(self.luck.choice(["INBOX", "shared"]), name, mail, flags)


class Reader(ImapActor):
    """Looks at all that is there again and again: what it once saw is never taken back (invariant 2)."""

    seen = None

    def step(self):
        self.select("shared")
        _, reply = self.ask("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-STORM)])")
        now = {}
        for items in reply.fetched.values():
            name = re.search(rb"X-Storm: (\S+)", items["BODY[HEADER.FIELDS (X-STORM)]"]).group(1).decode()
            now[items["UID"]] = name
        for uid, name in (self.seen or {}).items():
            if now.get(uid) != name:
                self.ledger.fault(f"{self.name}: UID {uid} was {name} and is {now.get(uid)}")
        self.seen = now
        time.sleep(0.1)


class Keeper(ImapActor):
    """Leads each of its messages through a life of its own."""

    selected = False

    def greet(self):
        super().greet()
        self.selected = False

    def step(self):
        here, copies, moved = (f"{self.name}/{what}" for what in ("here", "copies", "moved"))
        if not self.selected:
            for mailbox in (here, copies, moved):
                self.connection.do(f'CREATE "{mailbox}"')
            self.select(here)
            self.selected = True
        name, mail = self.new_message(self.luck.randrange(100, SMALL))
        uid = self.append(here, name, mail)
        for _ in range(self.luck.randrange(1, 5)):
            if uid is None:
                return
            what = self.luck.choice(["store", "store", "copy", "move", "expunge"])
            uid = getattr(self, what)(name, uid, here, copies, moved)

    def store(self, name, uid, here, *_):
        flags = self.luck.sample(FLAGS, self.luck.randrange(1, 4))
        how = self.luck.choice(["FLAGS", "+FLAGS", "-FLAGS"])

        def step(world):
            return [(m, self.flags_after(how, f, flags)) if m == here else (m, f) for m, f in world]
        return uid if self.change(name, step, f"UID STORE {uid} {how} ({' '.join(flags)})") else None

    @staticmethod
    def flags_after(how, old, flags):
        new = {"FLAGS": set(flags), "+FLAGS": set(old) | set(flags), "-FLAGS": set(old) - set(flags)}[how]
        return tuple(sorted(new))

    def copy(self, name, uid, here, copies, _):
        def step(world):
            return world + [(copies, f) for m, f in world if m == here]
        reply = self.change(name, step, f'UID COPY {uid} "{copies}"')
        self.copied(reply, name)
        return uid if reply else None

    def move(self, name, uid, here, _, moved):
        def step(world):
            return [(moved if m == here else m, f) for m, f in world]
        self.copied(self.change(name, step, f'UID MOVE {uid} "{moved}"'), name)

    def copied(self, reply, name):
        if reply:
            validity, _, to = reply.code("COPYUID").split()
            self.ledger.uid_told(self.user.name, validity, to, name)

    def expunge(self, name, uid, here, *_):
        def mark(world):
            return [(m, tuple(sorted({*f, "\\Deleted"}))) if m == here else (m, f) for m, f in world]

        def leave(world):
            return [(m, f) for m, f in world if m != here]
        if self.change(name, mark, f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)"):
            self.change(name, leave, f"UID EXPUNGE {uid}")


class Namer(ImapActor):
    """Mailboxes come, are renamed with a message in them, and go."""

    def name_it(self, name, *parts):
        try:
            answer, _ = self.ask(*parts)
        except BROKEN:
            self.ledger.named(self.user.name, f"{self.name}-{self.serial}", None, name)
            raise
        self.ledger.named(self.user.name, f"{self.name}-{self.serial}", answer, name)
        return answer == "OK"

    def step(self):
        message, mail = self.new_message(200)
        old, new = f"{self.name}/{self.serial}", f"{self.name}/{self.serial}-renamed"
        if not self.name_it(old, f'CREATE "{old}"') or not self.append(old, message, mail):
            return
        last = self.luck.choice(["keep", "rename", "delete"])
        if last == "rename":
            self.name_and_move(message, new, lambda w: [(new if m == old else m, f) for m, f in w], f'RENAME "{old}" "{new}"')
        elif last == "delete":
            self.name_and_move(message, None, lambda w: [], f'DELETE "{old}"')

    def name_and_move(self, message, name, step, command):
        answer = None
        try:
            answer = "OK" if self.name_it(name, command) else "NO"
        finally:
            self.ledger.moved(self.user.name, message, answer, step)


class Sender(Actor):
    """LMTP to all users at once. Messages are told apart by recipient."""

    def dial(self):
        return Lmtp(self.storm.service.lmtp)

    def greet(self):
        pass

    def step(self):
        name, mail = self.new_message(LARGE if self.luck.random() < 0.05 else self.luck.randrange(100, SMALL))
        users = [u.name for u in self.storm.users]
        for user in users:
            self.ledger.born(user, name, self.ledger.hashes[name])
        waiting = list(users)
        try:
            if self.announce(users):
                self.connection.wire.send(mail + b".\r\n")
                while waiting:
                    code, text = self.connection.answer()
                    self.note(waiting.pop(0), name, code, text)
        except BROKEN:
            for user in waiting:
                self.ledger.moved(user, name, None, lambda w: w + [("INBOX", ())])
            raise

    def announce(self, users):
        say = self.connection.say
        codes = [say("MAIL FROM:<storm@test.example>")[0], *(say(f"RCPT TO:<{u}>")[0] for u in users)]
        if codes == [250] * len(codes) and say("DATA")[0] == 354:
            return True
        if set(codes) - {250, 451}:
            self.ledger.fault(f"{self.name}: announced, got {codes}")
        say("RSET")
        return False

    def note(self, user, name, code, text):
        if code not in (250, 451):
            self.ledger.fault(f"{self.name}: {code} {text}")
        self.ledger.moved(user, name, "OK" if code == 250 else "NO", lambda w: w + [("INBOX", ())])


class Killer(threading.Thread):
    """kill -9, at random."""

    ROLES = ["shard"] * 5 + ["directory"] * 2 + ["imap"] * 2 + ["lmtp"] + ["supervisor"]

    def __init__(self, storm, roles=None):
        super().__init__(name="killer", daemon=True)
        self.storm = storm
        self.luck = random.Random(f"{storm.seed}/killer")
        self.roles = roles or self.ROLES
        self.done = []

    def run(self):
        while not self.storm.over.wait(self.luck.uniform(0.2, 1.5)):
            role = self.luck.choice(self.roles)
            if role == "supervisor":
                self.kill_supervisor()
            else:
                self.kill_child(role)

    def kill_child(self, role):
        service = self.storm.service
        pids = service.pids(role)
        if pids:
            pid = self.luck.choice(pids)
            self.storm.killed.add(pid)
            service.kill(role, index=pids.index(pid))
            self.done.append(role)

    def kill_supervisor(self):
        service = self.storm.service
        self.storm.era += 1
        service.process.kill()
        service.process.wait()
        self.done.append("supervisor")
        service.up()
        self.storm.era += 1


class Storm:
    """The service, the actors, what they were told."""

    def __init__(self, service, seed, roles=None):
        self.service, self.seed = service, seed
        self.ledger = Ledger()
        self.killed = set()        # pids
        self.era = 0               # moves on when every process dies
        self.over = threading.Event()
        self.users = [service.user_add(name) for name in ("ann", "bob", "cat")]
        for user in self.users:
            user.client("setup").ok("CREATE shared")
            user.close()
        ann, bob, cat = self.users
        self.actors = [Appender(self, "app1", ann), Appender(self, "app2", ann), Appender(self, "app3", bob), Reader(self, "read", ann),
                       Keeper(self, "keep1", bob), Keeper(self, "keep2", cat), Namer(self, "name", cat), Sender(self, "send1", ann),
                       Sender(self, "send2", ann)]
        self.killer = Killer(self, roles)

    def owner_of(self, connection):
        """The pid that serves a connection; None when it cannot be found out any more."""
        try:
            (_, theirs), (_, ours) = connection.wire.sock.getpeername(), connection.wire.sock.getsockname()
            inode = socket_inode(theirs, ours)
            for pid in self.service.pids("imap") + self.service.pids("lmtp"):
                if any(os.readlink(fd) == f"socket:[{inode}]" for fd in Path(f"/proc/{pid}/fd").iterdir()):
                    return pid
        except OSError:
            pass
        return None

    def run(self, seconds):
        for thread in [*self.actors, self.killer]:
            thread.start()
        time.sleep(seconds)
        self.over.set()
        for thread in [self.killer, *self.actors]:
            thread.join(PATIENCE_S * 2)
            assert not thread.is_alive(), f"{thread.name} never came back"

    # the checker

    def check(self):
        """Every fault there is, as text."""
        actual = {}
        for user in self.users:
            names = self.look_at(user, actual)
            self.check_names(user, names)
        for (user, message), worlds in self.ledger.worlds.items():
            world = tuple(sorted(actual.pop((user, message), [])))
            if world not in worlds:
                self.ledger.fault(f"{user}: {message} is {world}, but should be one of {sorted(worlds)}")
        for user, message in actual:
            self.ledger.fault(f"{user}: {message} was never sent")
        return self.ledger.faults

    def check_names(self, user, names):
        for (owner, serial), possible in self.ledger.names.items():
            there = {n for n in names if n == f"{serial.replace('-', '/')}" or n.startswith(serial.replace("-", "/") + "-")}
            if owner == user.name and (there or {None}) not in [{p} for p in possible]:
                self.ledger.fault(f"{owner}: mailbox {serial} is {there}, but should be one of {possible}")

    def look_at(self, user, actual):
        c = user.client("check")
        names = c.ok('LIST "" "*"').listed
        for mailbox in names:
            self.look_into(c, user.name, mailbox, actual)
        self.check_usage(c, user.name)
        user.close()
        return names

    def check_usage(self, c, name):
        """What counts against the quota is the sum of what is there."""
        said, = json.loads(self.service.roost("quota", "get", name, "--json").stdout)
        counted = [said[key]["used"] for key in ("storage", "messages", "mailboxes")]
        reply = c.ok('LIST "" "*" RETURN (STATUS (MESSAGES SIZE))')
        boxes = reply.status.values()
        there = [sum(b["SIZE"] for b in boxes), sum(b["MESSAGES"] for b in boxes), len(reply.listed)]
        if counted != there:
            self.ledger.fault(f"{name}: bytes, messages and mailboxes are counted as {counted}, there are {there}")

    def look_into(self, c, user, mailbox, actual):
        selected = c.select(mailbox, "EXAMINE")
        validity = int(selected.code("UIDVALIDITY"))
        uidnext, last = int(selected.code("UIDNEXT")), 0
        if (user, mailbox) in self.ledger.validity:
            self.ledger.validity_told(user, mailbox, validity)
        if not selected.exists:
            return
        for number, items in sorted(c.ok("FETCH 1:* (UID FLAGS BODY.PEEK[])").fetched.items()):
            uid, mail = items["UID"], items["BODY[]"]
            mail = mail[mail.index(b"X-Storm: "):]
            name = mail[len(b"X-Storm: "):mail.index(b"\r\n")].decode()
            self.ledger.uid_told(user, validity, uid, name)
            if not last < uid < uidnext:
                self.ledger.fault(f"{user}: {mailbox} has UID {uid} after {last}, UIDNEXT {uidnext}")
            if hashlib.sha256(mail).hexdigest() != self.ledger.hashes.get(name):
                self.ledger.fault(f"{user}: {name} in {mailbox} has other bytes than were sent")
            last = uid
            flags = tuple(sorted(set(items["FLAGS"]) - {"\\Recent"}))
            actual.setdefault((user, name), []).append((mailbox, flags))
