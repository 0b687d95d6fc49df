"""The service's own sockets, spoken to by somebody who took over a frontend: nonsense costs the connection, a ticket opens only
what it was issued for, and no process dies (DESIGN invariants 8, 9, 10)."""
import os
import random
import struct
import time

import pytest

from client import SLOW, Closed, Timeout
from hardship import MIB, hardship
from mails import letter
from rpc import FRAME_MAX, MESSAGES, Rpc, frame, login, resolve

DOORS = ["directory", "directory-lmtp", "directory-admin", "shard-0"]
HELLO = frame(0, *Rpc.message("hello", version_least=1, version_most=1, incarnation=7, who="x"))
WHOLE = struct.pack(">IBBIQQH", 1, 0, 0, 0, 0, 0, 0)            # BODY[], as section_list.h packs it
SECRET = b"Subject: secret\r\n\r\nnobody else may read this\r\n"


# ---- nonsense ----

NONSENSE = {
    "text": b"GET / HTTP/1.1\r\n\r\n", "zeros": b"\0" * 1000, "ones": b"\xff" * 1000, "short": struct.pack(">I", 5) + b"12345",
    "huge": struct.pack(">IIH", 0xffffffff, 1, 5), "just-too-long": struct.pack(">IIH", FRAME_MAX + 7, 1, 5), "no-hello": frame(1, 5, b""),
    "hello-old": frame(0, *Rpc.message("hello", version_least=99, version_most=100)), "hello-cut": frame(0, 1, b"\0\0\0\1"),
    "hello-lies": frame(0, 1, struct.pack(">IIQI", 1, 1, 1, 0xffffffff) + b"x"),
}
AFTER_HELLO = {
    "hello-again": HELLO, "unknown": frame(1, 999, b""), "id-zero": frame(0, 5, b""), "rest": frame(1, 5, b"junk"),
    "huge": struct.pack(">IIH", 0xfffffff0, 1, 5), "string-too-long": frame(1, MESSAGES["renew"][0], struct.pack(">I", 0x7fffffff) + b"x"),
    "not-ascending": frame(2, 5, b"") + frame(1, 5, b""), "an-answer": frame(1, *Rpc.message("granted", user=1)),
    "a-push": frame(0, *Rpc.message("bell", user=1)), "data-of-nothing": frame(1, *Rpc.message("data", bytes=b"x")),
    "done": frame(1, *Rpc.message("done")), "empty": frame(1, MESSAGES["login"][0], b""),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense(user, door, name):
    with hardship(user, mib=2):
        rpc = Rpc(user.service, door, hello=False)
        rpc.send(NONSENSE[name])
        assert not set(rpc.hears_the_end()) - {"hello"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", AFTER_HELLO)
def test_nonsense_after_hello(user, door, name):
    with hardship(user, mib=2):
        rpc = Rpc(user.service, door)
        try:
            rpc.send(AFTER_HELLO[name])
            said = rpc.hears_the_end()
        except Closed:
            said = []
        assert not set(said) - {"status_is", "done"}


@pytest.mark.parametrize("door", DOORS)
def test_every_message_cut_anywhere(user, door):
    """Whole frames whose fields end too early, and every message where it does not belong."""
    with hardship(user, seconds=30, mib=4):
        for name, (no, _) in MESSAGES.items():
            whole = Rpc.message(name)[1]
            for n in sorted({0, 1, len(whole) // 2, max(0, len(whole) - 1), len(whole)}):
                rpc = Rpc(user.service, door)
                rpc.send(frame(1, no, whole[:n]))
                rpc.sock.shutdown(1)
                assert not set(rpc.hears_the_end()) - {"status_is", "done", "user_is", "class_is", "tls_keys"}, name
                rpc.close()


@pytest.mark.parametrize("door", DOORS)
def test_random(user, door):
    """Bytes without any sense, in frames and without; the seed is in the name of the failure."""
    dice = random.Random(f"{door}")
    with hardship(user, seconds=30, mib=20):
        for _ in range(150):
            rpc = Rpc(user.service, door)
            try:
                for call in range(1, dice.randrange(2, 20)):
                    no = dice.choice(list(MESSAGES.values()))[0]
                    rpc.send(frame(call, no, dice.randbytes(dice.randrange(0, 200))))
                rpc.sock.shutdown(1)
                rpc.hears_the_end()
            except (Closed, OSError):
                pass
            rpc.close()


def test_promised_and_never_sent(user):
    """Fifty peers announce the largest frame there is and send a little of it: memory follows what came, not what was said."""
    with hardship(user, mib=8):
        peers = []
        for _ in range(50):
            rpc = Rpc(user.service, "shard-0")
            rpc.send(struct.pack(">IIH", FRAME_MAX, 1, 5) + b"x" * 50_000)
            peers.append(rpc)
        time.sleep(0.2 * SLOW)
        for rpc in peers:
            rpc.close()


# ---- tickets ----

@pytest.fixture
def owner(people):
    """Somebody with a secret, in INBOX."""
    someone = people("owner")
    a = someone.client("a", "INBOX")
    a.append(mail=SECRET)
    a.ok("CREATE private")
    a.close()
    return someone


def attempts(ticket, mailbox=1):
    """Every call that reads or changes what is a user's."""
    change = {"ticket": ticket, "req": 1, "idx": 0, "mark": 1}
    yield "mbox_list", {"ticket": ticket}
    yield "select", {"ticket": ticket, "name": "INBOX"}
    yield "select", {"ticket": ticket, "name": "private"}
    yield "changes", {"ticket": ticket, "mailbox": mailbox}
    yield "fetch", {"ticket": ticket, "mailbox": mailbox, "uids": uids(), "sections": WHOLE, "credit": MIB}
    yield "search", {"ticket": ticket, "mailbox": mailbox}
    yield "listen", {"ticket": ticket, "mailbox": mailbox}
    yield "store", {**change, "mailbox": mailbox, "uids": uids(), "mode": 1, "system": 1}
    yield "expunge", {**change, "req": 2, "mailbox": mailbox}
    yield "copy", {**change, "req": 3, "mailbox": mailbox, "uids": uids(), "to": "stolen"}
    yield "mbox_create", {**change, "req": 4, "name": "stolen"}
    yield "mbox_delete", {**change, "req": 5, "name": "private"}
    yield "mbox_rename", {**change, "req": 6, "name": "private", "to": "stolen"}
    yield "subscribe", {**change, "req": 7, "name": "stolen", "on": 1}
    yield "append", {**change, "req": 8, "name": "INBOX", "size_bytes": 10}
    yield "user_put", {"ticket": ticket, "user": 1}
    yield "user_drop", {"ticket": ticket, "user": 1}


def uids():
    """1:1000 as uidset.h packs it."""
    return struct.pack(">III", 1, 1, 1000)


def all_refused(service, ticket, allowed=()):
    """Nothing is answered but an error, call by call, each on a connection of its own."""
    for name, values in attempts(ticket):
        if name in allowed:
            continue
        rpc = Rpc(service, "shard-0", incarnation=random.getrandbits(63))
        try:
            err, answers = rpc.ask(name, **values)
            assert err in ("ERR_DENIED", "ERR_MOVED", "ERR_EXPIRED") and not answers, (name, err, answers)
        except Closed:
            pass
        rpc.close()


def unharmed(owner):
    """All is where it was, and only that."""
    a = owner.client("a", "INBOX")
    assert set(a.ok('LIST "" *').listed) == {"INBOX", "private"}
    (message,) = a.ok("FETCH 1:* (FLAGS BODY.PEEK[])").fetched.values()
    assert message["BODY[]"] == SECRET and "\\Seen" not in message["FLAGS"]
    a.close()


def test_the_client_of_these_tests_can_read(owner):
    """What follows proves something only if the same calls work with the right ticket."""
    granted = login(owner.service, owner)
    rpc = Rpc(owner.service, "shard-0")
    err, answers = rpc.ask("mbox_list", ticket=granted["ticket"])
    assert err == "OK" and {fields["name"] for _, fields in answers} == {b"INBOX", b"private"}
    err, answers = rpc.ask("select", ticket=granted["ticket"], name="INBOX")
    assert err == "OK" and answers[0][1]["messages"] == 1
    err, answers = rpc.ask("fetch", ticket=granted["ticket"], mailbox=answers[0][1]["mailbox"], uids=answers[0][1]["uids"],
                           sections=WHOLE, credit=MIB)
    assert err == "OK" and b"".join(fields["data"] for what, fields in answers if what == "bytes") == SECRET
    rpc.close()


def test_forged_tickets(owner):
    """Any bit of it, another length, none at all, and one made up."""
    good = login(owner.service, owner)["ticket"]
    with hardship(owner, seconds=30):
        for at in range(len(good)):
            bad = bytearray(good)
            bad[at] ^= 1 << at % 8
            rpc = Rpc(owner.service, "shard-0")
            try:
                err, answers = rpc.ask("mbox_list", ticket=bytes(bad))
                assert err == "ERR_DENIED" and not answers, at
            except Closed:
                pass
            rpc.close()
        for bad in (b"", good[:-1], good + b"\0", good * 2, b"\0" * len(good), b"\xff" * len(good), os.urandom(len(good))):
            all_refused(owner.service, bad)
    unharmed(owner)


def test_ticket_with_other_words(owner, people):
    """A user's own ticket that says it is somebody else's, or has more rights: the MAC covers every word."""
    eve = people("eve")
    granted = login(eve.service, eve)
    victim = login(owner.service, owner)
    with hardship(eve, seconds=20):
        ticket = granted["ticket"]
        for at, value in ((0, victim["user"]), (4, 0xff), (12, 99), (16, 99), (20, 0xffffffff)):
            all_refused(eve.service, ticket[:at] + struct.pack(">I", value) + ticket[at + 4:])
    unharmed(owner)


def test_own_ticket_and_the_mailboxes_of_others(owner, people):
    """Mailbox ids are a user's own numbers: with eve's ticket every id is eve's or nobody's."""
    eve = people("eve")
    ticket = login(eve.service, eve)["ticket"]
    with hardship(eve, seconds=20):
        rpc = Rpc(eve.service, "shard-0")
        err, answers = rpc.ask("mbox_list", ticket=ticket)
        assert err == "OK" and [fields["name"] for _, fields in answers] == [b"INBOX"]
        own = answers[0][1]["mailbox"]
        for mailbox in [*range(0, 64), 1000, 2**31, 2**32 - 1]:
            for name, values in attempts(ticket, mailbox):
                if name not in ("changes", "fetch", "search"):
                    continue
                err, answers = rpc.ask(name, **values)
                assert not [1 for what, fields in answers if what in ("rows", "section", "bytes")], (mailbox, name)
                assert mailbox == own or (err == "ERR_ABSENT" and not answers) or err in ("ERR_INPUT", "ERR_CANNOT"), (mailbox, name, err)
        rpc.close()
    unharmed(owner)


def test_ticket_to_deliver_cannot_read(owner):
    granted = resolve(owner.service, owner.name)
    with hardship(owner, seconds=20):
        all_refused(owner.service, granted["ticket"])
    unharmed(owner)


def test_ticket_to_read_cannot_rule(owner):
    """A user is no admin: neither at the shard nor through the door of LMTP or of IMAP."""
    ticket = login(owner.service, owner)["ticket"]
    with hardship(owner, seconds=20):
        for name in ("user_put", "user_drop"):
            rpc = Rpc(owner.service, "shard-0")
            err, answers = rpc.ask(name, ticket=ticket, user=1)
            assert err == "ERR_DENIED" and not answers
            rpc.close()
        for door in ("directory", "directory-lmtp"):
            for name, values in (("user_add", {"name": "mallory", "password": "x"}), ("user_del", {"name": owner.name}), ("user_list", {}),
                                 ("admit", {"name": owner.name}), ("user_set", {"name": owner.name, "what": 1, "password": "x"})):
                rpc = Rpc(owner.service, door)
                err, answers = rpc.ask(name, **values)
                assert err == "ERR_DENIED" and not answers, (door, name)
                rpc.close()
        rpc = Rpc(owner.service, "directory")
        assert rpc.ask("resolve", recipient=owner.name)[0] == "ERR_DENIED"
        rpc.close()
        rpc = Rpc(owner.service, "directory-lmtp")
        assert rpc.ask("login", name=owner.name, password="pw")[0] == "ERR_DENIED"
        rpc.close()
    unharmed(owner)


def test_ticket_of_a_disabled_user(owner):
    """The generation moved on: what was granted before is worth nothing, at once, and cannot be renewed."""
    ticket = login(owner.service, owner)["ticket"]
    owner.service.roost("user", "disable", owner.name)
    all_refused(owner.service, ticket, allowed=("user_put", "user_drop"))
    rpc = Rpc(owner.service, "directory")
    err, answers = rpc.ask("renew", ticket=ticket)
    assert err == "ERR_DENIED" and not answers
    rpc.close()
    owner.service.roost("user", "enable", owner.name)
    unharmed(owner)


def test_expired_ticket(private):
    service = private("ticket_lifetime = 1s")
    user = service.user_add("ann")
    user.client("a", "INBOX").append(mail=SECRET)
    granted = login(service, user)
    assert granted["lifetime_ms"] <= 1000
    time.sleep(1.2)
    rpc = Rpc(service, "shard-0")
    err, answers = rpc.ask("mbox_list", ticket=granted["ticket"])
    assert err == "ERR_EXPIRED" and not answers
    rpc.close()


def test_ticket_of_another_shard(private):
    """Where the user does not live nobody serves them."""
    service = private(init=("--shards", "2"))
    users = [service.user_add(f"user{i}") for i in range(6)]
    shards = {login(service, u)["shard"]: u for u in users}
    assert set(shards) == {0, 1}
    ticket = login(service, shards[1])["ticket"]
    rpc = Rpc(service, "shard-0")
    for name, values in attempts(ticket):
        err, answers = rpc.ask(name, **values)
        assert err in ("ERR_MOVED", "ERR_DENIED") and not answers
    rpc.close()


# ---- calls that are well formed and make no sense ----

def test_fields_beyond_sense(owner):
    """The right ticket, and numbers and packed strings that nobody would send: an error or the connection, never the process."""
    ticket = login(owner.service, owner)["ticket"]
    dice = random.Random(1)
    packed = [b"", b"\0", b"\xff" * 8, b"\0" * 8, struct.pack(">II", 5, 1), struct.pack(">II", 0, 0), b"\xff" * 4001, b"\x80" * 100_000,
              bytes(range(256)) * 40]
    with hardship(owner, seconds=30, mib=16):
        for i, (name, values) in enumerate(list(attempts(ticket)) * 12):
            for kind, field in MESSAGES[name][1]:
                if field in ("ticket", "req", "idx", "mark", "mailbox") or name.startswith("user_"):
                    continue
                values[field] = dice.choice(packed) if kind == "STR" else dice.choice([0, 1, 2, 2**31, 2**32 - 1])
            if name in ("mbox_delete", "mbox_rename", "expunge", "store"):
                continue                                 # they might well succeed
            rpc = Rpc(owner.service, "shard-0", incarnation=1000 + i)
            rpc.sock.settimeout(2 * SLOW)
            try:
                rpc.send(frame(1, *Rpc.message(name, **values)))
                rpc.sock.shutdown(1)
                rpc.hears_the_end()
            except Closed:
                pass
            rpc.close()


def test_upload_lies(owner):
    """More bytes than announced, bytes before "go on", a resume of nothing, and a spool that never ends."""
    ticket = login(owner.service, owner)["ticket"]
    change = {"ticket": ticket, "idx": 0, "mark": 1}
    with hardship(owner, mib=4):
        rpc = Rpc(owner.service, "shard-0", incarnation=31)
        call = rpc.start("append", req=1, name="INBOX", size_bytes=10, **change)
        try:
            for _ in range(200):
                rpc.more(call, "data", bytes=b"x" * 65536)
            said = rpc.hears_the_end()
        except Closed:
            said = []
        assert "appended" not in said
        rpc = Rpc(owner.service, "shard-0", incarnation=32)
        err, answers = rpc.ask("append", req=1, name="INBOX", size_bytes=2**63, **change)
        assert err == "ERR_TOOBIG" and not answers
        err, answers = rpc.ask("append", req=2, name="INBOX", size_bytes=100 * MIB, resume_from=50 * MIB, **change)
        assert err == "ERR_ABSENT" and not answers
        for message, size in ((b"x" * 10, 11), (b"x" * 10, 9), (b"x" * 32769, 32769)):
            err, answers = rpc.ask("append", req=3, name="INBOX", size_bytes=size, message=message, **change)
            assert err == "ERR_INPUT" and not answers
        rpc.close()
    unharmed(owner)


def test_delivery_lies(owner):
    """A message inside the call that is too large, or stands behind a prefix too; and one that is right."""
    change = {"ticket": resolve(owner.service, owner.name)["ticket"], "idx": 0, "mark": 1}
    with hardship(owner, mib=4):
        rpc = Rpc(owner.service, "shard-0", incarnation=33)
        for message, prefix in ((b"x" * 32769, b""), (b"a: b\r\n", b"c: d\r\n")):
            err, answers = rpc.ask("deliver", req=1, message=message, prefix=prefix, **change)
            assert err == "ERR_INPUT" and not answers
        for _ in range(2):                               # the second time it is the same delivery
            err, ((what, fields),) = rpc.ask("deliver", req=2, message=b"x" * 32768, **change)
            assert (err, what) == ("OK", "appended")
        rpc.close()
    b = owner.client("b", "INBOX")
    assert [row["RFC822.SIZE"] for row in b.ok("UID FETCH %d RFC822.SIZE" % fields["uid"]).fetched.values()] == [32768]
    b.expunge(fields["uid"])
    unharmed(owner)


def test_a_frame_as_large_as_frames_may_be(owner):
    """It is held once while it comes, and refused for the message in it; then that memory is free again."""
    put = {"ticket": login(owner.service, owner)["ticket"], "idx": 0, "mark": 1, "req": 1, "message": b"x" * 15_000_000}
    with hardship(owner, mib=40):
        for _ in range(5):
            rpc = Rpc(owner.service, "shard-0", incarnation=34)
            assert rpc.ask("append", name="INBOX", size_bytes=15_000_000, **put) == ("ERR_INPUT", [])
            rpc.close()
    unharmed(owner)


def test_credit_is_all_there_is(owner):
    """A frontend that asks for much and grants little credit is sent no more than it granted."""
    a = owner.client("a", "INBOX")
    a.append("private", b"Subject: big\r\n\r\n" + letter(body="x" * 20_000_000))
    granted = login(owner.service, owner)
    with hardship(owner, mib=20):                        # 1 MiB for each who does not read
        rpc = Rpc(owner.service, "shard-0")
        _, ((_, box), *_) = rpc.ask("select", ticket=granted["ticket"], name="private")
        for _ in range(20):
            rpc.start("fetch", ticket=granted["ticket"], mailbox=box["mailbox"], uids=box["uids"], sections=WHOLE, credit=100_000)
        time.sleep(0.3 * SLOW)
        rpc.sock.settimeout(0.3 * SLOW)
        got = 0
        try:
            while True:
                got += sum(len(fields.get("data", b"")) for fields in [rpc.read()[2]])
        except Timeout:
            assert 0 < got <= 20 * 200_000               # what was granted, and the frame that crossed the line
        rpc.close()
