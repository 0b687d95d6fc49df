"""What a large message and a busy hour may cost: the promises of DESIGN invariant 10 and section 3, measured.

Numbers are printed (pytest -s), so that a run can be quoted.
"""
import threading
import time

import pytest

from client import SLOW, Client, Lmtp
from hardship import MEASURED, MIB, Watch, hardship, own_bytes, still_serves
from mails import letter

LARGE = 100 * 1000 * 1000
LINE = b"0123456789abcdef" * 4 + b"\r\n"
CHUNK = LINE * 4000


def large_mail():
    """100 MB as pieces, never held whole by the test either."""
    head = b"Subject: large\r\n\r\n"
    n = (LARGE - len(head)) // len(CHUNK)
    return len(head) + n * len(CHUNK), [head] + [CHUNK] * n


def by_role(watch):
    """Growth, the worst of each role's processes: imap, lmtp, shard, directory."""
    out = {}
    for name, n in watch.growth().items():
        role = next(role for role in ("imap", "lmtp", "shard", "directory") if role in name)
        out[role] = max(out.get(role, 0), n)
    return out


@pytest.fixture
def quiet(private):
    """A service of its own, warm: what is measured is not the first of its kind."""
    service = private(init=("--frontends", "1"))
    user = service.user_add("ann")
    still_serves(user)
    a = user.client("warm", "INBOX")
    a.append(mail=letter(body="x" * 2_000_000))
    a.ok("FETCH 1 BODY.PEEK[]")
    a.expunge(1)
    a.logout()
    user.clients = []
    return user


def append_large(c):
    size, pieces = large_mail()
    c.wire.send(b"x APPEND INBOX {%d+}\r\n" % size)
    for piece in pieces:
        c.wire.send(piece)
    c.wire.send(b"\r\n")
    reply = c.reply("x")
    assert reply.status_word == "OK", reply
    return size


def test_large_append_and_stalled_reader(quiet):
    """100 MB in: a frontend grows by less than 1 MB. 100 MB out to somebody who stopped reading: less than 1 MB anywhere."""
    a = quiet.client("a", "INBOX")
    watch = Watch(quiet.service)
    start = time.monotonic()
    size = append_large(a)
    took = time.monotonic() - start
    watch.stop()
    grown = by_role(watch)
    print(f"\n100 MB APPEND: {took:.1f} s, growth in KiB {({k: v // 1024 for k, v in grown.items()})}")
    if MEASURED:
        assert grown["imap"] < MIB
        assert grown["shard"] < 16 * MIB
    assert took < 20 * SLOW

    b = quiet.client("b", "INBOX")
    watch = Watch(quiet.service)
    b.start("FETCH 1 BODY.PEEK[]")
    b.wire.take(1000)
    time.sleep(1)
    watch.stop()
    grown = by_role(watch)
    print(f"100 MB body, reader stopped: growth in KiB {({k: v // 1024 for k, v in grown.items()})}")
    if MEASURED:
        assert max(grown.values()) < MIB, grown
    assert a.ok("FETCH 1 RFC822.SIZE").fetched[1]["RFC822.SIZE"] == size

    left, start = size - 1000, time.monotonic()
    while left > 0:                                      # and it goes on as if nothing had been
        left -= len(b.wire.take(min(left, MIB)))
    assert time.monotonic() - start < 20 * SLOW


def test_large_by_lmtp(quiet):
    size, pieces = large_mail()
    lmtp = quiet.service.lmtp_client()
    lmtp.say("MAIL FROM:<a@b>")
    for _ in range(3):
        assert lmtp.say("RCPT TO:<ann>")[0] == 250
    assert lmtp.say("DATA")[0] == 354
    watch = Watch(quiet.service)
    for piece in pieces:
        lmtp.wire.send(piece)
    lmtp.wire.send(b".\r\n")
    assert [lmtp.answer()[0] for _ in range(3)] == [250] * 3
    watch.stop()
    grown = by_role(watch)
    print(f"\n100 MB by LMTP to three: growth in KiB {({k: v // 1024 for k, v in grown.items()})}")
    if MEASURED:
        assert grown["lmtp"] < 2 * MIB
        assert grown["shard"] < 24 * MIB


def test_ten_at_once(quiet):
    """Ten uploads of 10 MB and ten stalled readers beside them: the window of each, no more."""
    a = quiet.client("a", "INBOX")
    a.append(mail=b"Subject: big\r\n\r\n" + LINE * 150_000)
    with hardship(quiet, seconds=40, mib=32) as watch:
        readers = [quiet.client(f"r{i}", "INBOX") for i in range(10)]
        for r in readers:
            r.start("FETCH 1 BODY.PEEK[]")
        writers = [quiet.client(f"w{i}", "INBOX") for i in range(10)]
        for w in writers:
            w.wire.send(b"x APPEND INBOX {%d+}\r\n" % (40 * len(CHUNK)))
        for _ in range(40):
            for w in writers:
                w.wire.send(CHUNK)
        for w in writers:
            w.wire.send(b"\r\n")
            assert w.reply("x").status_word == "OK"
        quiet.close()
    print(f"\nten uploads, ten stalled readers: growth in KiB {({k: v // 1024 for k, v in by_role(watch).items()})}")


# ---- the loop ----

def keep_busy(work, seconds):
    """Runs each of `work` in a thread of its own, again and again; returns how often each ran, or raises what went wrong."""
    counts, wrong, end = [0] * len(work), [], time.monotonic() + seconds

    def run(i):
        try:
            while time.monotonic() < end:
                work[i]()
                counts[i] += 1
        except Exception as e:                           # noqa: BLE001: it is raised again below
            wrong.append(e)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(work))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if wrong:
        raise wrong[0]
    return counts


def lags(service):
    """Of every process that says: its loop's lag in microseconds."""
    return {p["name"]: p["says"]["lag_us"] for p in service.status()["processes"] if p.get("says") and "lag_us" in p["says"]}


def test_loop_lag_under_mixed_load(private):
    """No stall above 10 ms: p99 is held to it. The largest is printed; on a machine where others run, one may be the scheduler's."""
    service = private(init=("--frontends", "2"))
    users = [service.user_add(f"user{i}") for i in range(3)]
    reader = users[0].client("fill", "INBOX")
    for i in range(300):
        reader.append(mail=letter(f"m{i}", "body " * 500))
    reader.append(mail=b"Subject: big\r\n\r\n" + LINE * 100_000)

    def appender():
        c = users[1].client("a", "INBOX")
        return lambda: c.append(mail=letter(body="y" * 20_000))

    def fetcher():
        c = users[0].client("f", "INBOX")
        return lambda: c.ok("FETCH 1:300 (FLAGS ENVELOPE BODYSTRUCTURE)")

    def body_reader():
        c = users[0].client("b", "INBOX")
        return lambda: c.ok("UID FETCH 301 BODY.PEEK[]")

    def searcher():
        c = users[0].client("s", "INBOX")
        return lambda: c.ok("SEARCH TEXT nosuchword")

    def storer():
        c = users[0].client("t", "INBOX")
        return lambda: (c.ok("STORE 1:300 +FLAGS.SILENT (\\Seen)"), c.ok("STORE 1:300 -FLAGS.SILENT (\\Seen)"))

    def deliverer():
        c = Lmtp(service.lmtp)
        return lambda: c.deliver(letter(), users[1].name, users[2].name)

    def uploader():
        c = users[2].client("u", "INBOX")
        return lambda: c.ok("APPEND INBOX", b"Subject: up\r\n\r\n" + LINE * 30_000)

    def visitor():
        return lambda: Client(service.imap, "v").login(users[2].name).tagged

    work = [make() for make in (appender, fetcher, body_reader, searcher, storer, deliverer, uploader, visitor)]
    counts = keep_busy(work, 4)
    found = lags(service)
    print(f"\nmixed load, rounds {counts}")
    for name, lag in found.items():
        print(f"  {name}: lag_us p50 {lag['p50']} p99 {lag['p99']} max {lag['max']}")
    assert {"directory", "shard-0"} <= set(found) and min(counts) > 0
    for name, lag in found.items():
        assert lag["p99"] <= (10_000 if MEASURED else 500_000), (name, lag)
        assert lag["max"] <= (250_000 if MEASURED else 5_000_000), (name, lag)


def test_hostile_load_does_not_stall_the_loop(private):
    """The dearest commands we know of, together: whoever speaks to the same processes is answered meanwhile."""
    service = private()
    user = service.user_add("ann")
    a = user.client("a", "INBOX")
    a.append(mail=b"Subject: deep\r\n" + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 10_000)
    a.append(mail=b"Subject: wide\r\nTo: " + b"a@b.c,\r\n " * 500_000 + b"\r\n\r\n")
    a.append(mail=b"Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000)

    def asks(name, line):
        c = user.client(name, "INBOX")
        return lambda: c.do(line)
    c = user.client("calm", "INBOX")
    worst = []

    def calm():
        start = time.monotonic()
        c.ok("FETCH 1 FLAGS")
        worst.append(time.monotonic() - start)
    before = own_bytes(service.pids("shard")[0])
    keep_busy([asks("s1", "FETCH 1:3 (ENVELOPE BODYSTRUCTURE)"), asks("s2", "SEARCH TO nosuchword"),
               asks("s3", "UID FETCH " + ",".join(str(n) for n in range(1, 200_000, 2)) + " (UID)"), asks("s4", "FETCH 2 BODY.PEEK[HEADER.FIELDS (To)]<0.10>"),
               calm], 3)
    worst.sort()
    found = lags(service)
    print(f"\nhostile load: a calm FETCH takes p50 {worst[len(worst) // 2] * 1e3:.1f} ms, max {worst[-1] * 1e3:.1f} ms; "
          f"shard +{(own_bytes(service.pids('shard')[0]) - before) // 1024} KiB")
    for name, lag in found.items():
        print(f"  {name}: lag_us p50 {lag['p50']} p99 {lag['p99']} max {lag['max']}")
    assert worst[-1] < 2 * SLOW
