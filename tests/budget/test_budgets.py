"""What things may cost, in counters that are the same on every machine: calls, rows, pages, syncs, octets, allocations.

A budget is what the work needs, with little to spare: when one fails, something became dearer. If that is for a good
reason, say it in the commit that changes the row.
"""
import random
import threading
import time

import pytest

from client import Wire, until
from service import pss_bytes

WORDS = [w for w in "meeting the of harbour invoice and tomorrow to regards delivery we number is agenda please find in attached "
         "a quarter window budget that library for engine weather reply on question with you committee".split()]


def letter(size, seed=1):
    """A plain message of words, of exactly this size."""
    dice, lines, n = random.Random(seed), [f"Subject: letter {seed}\r\nFrom: ada@load.example\r\nTo: bob@load.example\r\n\r\n"], 0
    while (n := sum(map(len, lines))) < size - 80:
        lines.append(" ".join(dice.choice(WORDS) for _ in range(9))[:70] + "\r\n")
    return ("".join(lines) + "x" * (size - n - 2) + "\r\n").encode()


@pytest.fixture(scope="module")
def boxes(counted):
    """A user with a small and a large mailbox."""
    user = counted.service.user_add("budget")
    for name, n in (("small", 200), ("large", 20000)):
        fill(counted, user, name, n)
    return user


def fill(counted, user, mailbox, n):
    """n short messages, pipelined."""
    wire = Wire(counted.service.imap)
    wire.line()
    mail = letter(1024)
    wire.send(f"a LOGIN {user.name} {user.password}\r\nb CREATE {mailbox}\r\n".encode())
    while not wire.line().startswith(b"b "):
        pass
    for begin in range(0, n, 100):
        wire.send(b"".join(b"c APPEND %s {%d+}\r\n%s\r\n" % (mailbox.encode(), len(mail), mail) for _ in range(100)))
        for _ in range(100):
            while not wire.line().startswith(b"c OK"):
                pass
    wire.close()


# ---- calls -----------------------------------------------------------------------------------------------------------

CALLS = [
    # command, in which mailbox it is given (None: not selected), calls it may make
    ("NOOP", None, 0),
    ("LIST \"\" *", None, 1),
    ("LIST \"\" * RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))", None, 1),
    ("STATUS small (MESSAGES UNSEEN UIDNEXT)", None, 1),
    ("SELECT small", None, 1),
    ("NOOP", "small", 1),
    ("FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)", "small", 1),
    ("FETCH 1:* (FLAGS)", "small", 1),
    ("FETCH 7 BODY.PEEK[]", "small", 1),
    ("FETCH 7 BODY.PEEK[]<100.200>", "small", 1),
    ("STORE 7 +FLAGS (\\Seen)", "small", 1),
    ("STORE 1:* -FLAGS.SILENT (\\Flagged)", "small", 1),
    ("SEARCH SUBJECT letter", "small", 1),
    ("SEARCH BODY harbour", "small", 1),
    ("COPY 1:3 INBOX", "small", 1),
    ("UNSELECT", "small", 0),
]


@pytest.mark.parametrize("command,mailbox,most", CALLS)
def test_calls_of_a_command(counted, boxes, command, mailbox, most):
    a = boxes.client("a", mailbox)
    calls = counted.calls(lambda: a.ok(command))
    a.close()
    assert sum(calls.values()) <= most, calls


def test_calls_of_a_login(counted, boxes):
    a = counted.service.client()
    calls = counted.calls(lambda: a.login(boxes.name))
    a.close()
    assert sum(calls.values()) <= 1, calls


def test_calls_of_an_append(counted, boxes):
    a = boxes.client("a")
    calls = counted.calls(lambda: a.append(mail=letter(4096)))
    a.close()
    assert sum(calls.values()) <= 1, calls


def test_calls_of_a_delivery(counted, boxes):
    lmtp = counted.service.lmtp_client()
    lmtp.deliver(letter(8192), boxes.name)
    calls = counted.calls(lambda: lmtp.deliver(letter(8192), boxes.name))
    lmtp.close()
    assert sum(calls.values()) <= 2, calls            # of the recipient, and of the letter


# ---- turns of the loop ---------------------------------------------------------------------------------------------------

HUGE = 40_000
TURN_MESSAGES = 16_384        # a STORE's call (10,240), a record of one part (4,096), a part of a record, of a checkpoint

BIG = ["COPY 1:* there", "STORE 1:* +FLAGS.SILENT (\\Flagged)", "SEARCH SUBJECT letter", "DELETE there", "MOVE 1:* INBOX", "SELECT INBOX",
       "RENAME INBOX old", "SELECT old", "STORE 1:* +FLAGS.SILENT (\\Deleted)", "COPY 1:* there", "EXPUNGE", "SELECT there", "UID MOVE 1:* INBOX"]


def test_what_a_turn_may_hold(counted):
    """However many messages a command names: others have their turn in between."""
    user = counted.service.user_add("turns")
    fill(counted, user, "huge", 1000)
    a = user.client("a", "huge")
    have = 1000
    while have < HUGE:
        a.ok(f"COPY 1:{min(have, HUGE - have)} huge")
        a.ok("NOOP")
        have = min(2 * have, HUGE)
    for command in BIG:
        if "there" in command.split():
            a.do("CREATE there")
        a.ok(command)
        until(lambda: counted.shard()["unsaved_bytes"] == 0)
        assert counted.shard()["turn_messages_max"] <= TURN_MESSAGES, command
    assert a.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == HUGE
    a.close()


# ---- the disk --------------------------------------------------------------------------------------------------------

def deliver_at_once(counted, prefix, sessions, each, size):
    """Yields a function: deliveries of several sessions at the same time, each to a user of its own."""
    names = [counted.service.user_add(f"{prefix}{i}").name for i in range(sessions)]
    doors = [counted.service.lmtp_client() for _ in names]

    def go(name, lmtp):
        for i in range(each):
            lmtp.deliver(letter(size, i), name)

    def act():
        threads = [threading.Thread(target=go, args=pair) for pair in zip(names, doors)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    yield act
    for lmtp in doors:
        lmtp.close()


def test_a_group_is_synced_once(counted):
    """Fifty letters to eight people each: what comes together is synced together."""
    names = [counted.service.user_add(f"group{i}").name for i in range(8)]
    lmtp = counted.service.lmtp_client()
    done = counted.during(lambda: [lmtp.deliver(letter(8192, i), *names) for i in range(50)])
    lmtp.close()
    assert done["journal.records"] >= 400
    assert done["journal.syncs"] <= done["journal.groups"] + 2, done        # a new segment has syncs of its own
    assert done["journal.groups"] < done["journal.records"] * 3 / 4, done


def test_writes_of_a_pipelined_delivery(counted):
    """Answers to MAIL, RCPT and DATA; the call; the log line; the last answer."""
    lmtp = counted.service.lmtp_client()
    name = counted.service.user_add("pipelined").name
    lmtp.deliver(letter(8192), name)                 # the name is known from here on

    def deliver(i):
        lmtp.wire.send(f"MAIL FROM:<ada@load.example>\r\nRCPT TO:<{name}>\r\nDATA\r\n".encode())
        assert [lmtp.answer()[0] for _ in range(3)] == [250, 250, 354]
        lmtp.wire.send(letter(8192, i) + b".\r\n")
        assert lmtp.answer()[0] == 250
    before = counted.writes("lmtp")
    for i in range(50):
        deliver(i)
    assert counted.writes("lmtp") - before <= 50 * 4.2
    lmtp.close()


def test_octets_written_for_a_delivery(counted):
    for act in deliver_at_once(counted, "octets", 8, 100, 8192):
        before = counted.written("shard")
        act()
        until(lambda: counted.shard()["unsaved_bytes"] == 0)        # the last checkpoint has begun
        until(lambda: not counted.during(lambda: time.sleep(0.2)).get("checkpoints"))
        assert (counted.written("shard") - before) / (800 * 8192) <= 1.6


# ---- the index -------------------------------------------------------------------------------------------------------

def cold(counted, act):
    """As the first who asks, after the shard has started anew."""
    counted.service.kill("shard")
    until(lambda: counted.service.roost("status", check=False).returncode == 0)
    return counted.during(act)


@pytest.mark.parametrize("mailbox,messages", [("small", 200), ("large", 20000)])
def test_pages_of_a_first_select(counted, boxes, mailbox, messages):
    """A first SELECT reads the mailbox's own row, however many messages there are; the first look at one reads their columns, 256 a row."""
    a = boxes.client("a")
    until(lambda: counted.shard()["unsaved_bytes"] == 0)
    done = cold(counted, lambda: a.ok(f"SELECT {mailbox}"))
    assert done.get("index_reads.pages", 0) <= 13 and done.get("index_reads.rows", 0) <= 17, done
    done = counted.during(lambda: a.ok("FETCH 1 FLAGS"))
    assert done.get("index_reads.pages", 0) <= 12 + messages / 200 and done.get("index_reads.rows", 0) <= 16 + messages / 200, done


@pytest.mark.parametrize("gaps", [3, 100])
def test_a_first_select_tells_the_same(counted, gaps):
    """Few ranges of UIDs are told by the mailbox's row, many by its pages."""
    user = counted.service.user_add(f"gaps{gaps}")
    fill(counted, user, "holed", 300)
    a = user.client("a", "holed")
    a.ok("STORE 1:7 +FLAGS.SILENT (\\Seen)")
    a.ok("STORE " + ",".join(str(2 * i + 2) for i in range(gaps)) + " +FLAGS.SILENT (\\Deleted)")
    a.ok("EXPUNGE")

    def told():
        b = user.client("b")
        b.ok("ENABLE QRESYNC")
        selected = b.ok("SELECT holed")
        return selected.exists, [selected.code(c) for c in ("UNSEEN", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ")], b.ok("UID SEARCH ALL").found
    before = told()
    assert before[0] == 300 - gaps
    until(lambda: counted.shard()["unsaved_bytes"] == 0)
    counted.service.kill("shard")
    until(lambda: counted.service.roost("status", check=False).returncode == 0)
    assert told() == before


def test_a_second_select_reads_nothing(counted, boxes):
    a = boxes.client("a", "large")
    a.ok("UNSELECT")
    assert "index_reads.pages" not in counted.during(lambda: a.ok("SELECT large"))


@pytest.mark.parametrize("mailbox", ["small", "large"])
def test_changes_cost_what_has_changed(counted, boxes, mailbox):
    a, b = boxes.client("a", mailbox), boxes.client("b", mailbox)
    b.ok("STORE 11 +FLAGS (\\Answered)")
    done = counted.during(lambda: a.ok("NOOP"))
    assert done.get("index_reads.rows", 0) <= 4 and done.get("index_reads.pages", 0) <= 12, done


# ---- memory ----------------------------------------------------------------------------------------------------------

def rows_per_allocation(counted, a, command, rows):
    a.ok(command)                                     # what is kept for next time is made now
    before = {role: counted.allocated(role) for role in ("imap", "shard")}
    a.ok(command)
    return {role: (counted.allocated(role) - n) / rows for role, n in before.items()}


@pytest.mark.parametrize("items,most", [("FLAGS", 0.02), ("FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE", 0.1)])
def test_allocations_of_a_fetched_row(counted, boxes, items, most):
    a = boxes.client("a", "large")
    each = rows_per_allocation(counted, a, f"FETCH 1:20000 ({items})", 20000)
    assert each["imap"] <= most and each["shard"] <= most, each


WARM, IDLERS = 150, 600           # what a process and its threads touch once is not any session's


@pytest.mark.parametrize("tls,most_kib", [(False, 3), (True, 19)])
def test_memory_of_an_idle_session(counted, tls, most_kib):
    """PSS of all processes that serve, for each of many connections with INBOX selected, in IDLE, of users of their own."""
    names = import_users(counted, f"idle{tls}", IDLERS)
    roles = ("imap", "shard", "directory")
    warm = [idler(counted, name, tls) for name in names[:WARM]]
    until(lambda: counted.shard()["checkpoints"])                # the first takes memory once
    time.sleep(1)
    before = sum(pss_bytes(counted.pid(role)) for role in roles)
    clients = [idler(counted, name, tls) for name in names[WARM:]]
    time.sleep(1)
    each = (sum(pss_bytes(counted.pid(role)) for role in roles) - before) / len(clients)
    for c in warm + clients:
        c.close()
    assert each <= most_kib * 1024, each


def import_users(counted, prefix, n):
    names = [f"{prefix}{i}" for i in range(n)]
    counted.service.roost("user", "import", "-", stdin="".join(f"{name}:pw\n" for name in names).encode())
    return names


def idler(counted, name, tls):
    c = counted.service.client(name, tls)
    c.login(name)
    c.select()
    c.start("IDLE")
    assert c.line().tag == "+"
    return c
