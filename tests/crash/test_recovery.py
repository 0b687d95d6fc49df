"""A process dies, comes back, and nothing that was promised is different.

ROOST_LONG=1: with as many messages as the promises are made for.
"""
import hashlib
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from client import TIMEOUT_S, Closed, Lmtp, until
from service import BIN, ROOT

LONG = os.environ.get("ROOST_LONG") == "1"
MESSAGES = 100_000 if LONG else 20_000
ROWS = BIN.parent / "tests/rows"
ROW_VERSION = int(re.search(r"ROW_VERSION = (\d+)", (ROOT / "storaged/db/db.c").read_text()).group(1))


def fill(user, n, connections=4):
    """n small messages, pipelined."""
    def work(c, count):
        while count:
            batch = min(count, 200)
            tags = [c.start("APPEND INBOX", b"Subject: %d\r\n\r\nbody\r\n" % i) for i in range(batch)]
            for tag in tags:
                assert c.reply(tag).status_word == "OK"
            count -= batch
    clients = [user.client(f"fill{i}") for i in range(connections)]
    threads = [threading.Thread(target=work, args=(c, n // connections), daemon=True) for c in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    user.close()


def cpu_s(pid):
    """What the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_serving_again_in_two_seconds(victim):
    """Even when the index is as far behind as it ever gets: killed in the midst of writing."""
    service = victim()
    user = service.user_add("ann")
    fill(user, MESSAGES)
    c = user.client("a", "INBOX")
    before = c.ok("STATUS INBOX (MESSAGES UIDNEXT HIGHESTMODSEQ)").status
    service.kill("shard")
    start = time.monotonic()
    assert c.ok("STATUS INBOX (MESSAGES UIDNEXT HIGHESTMODSEQ)").status == before
    took, cpu = time.monotonic() - start, cpu_s(service.pids("shard")[0])
    print(f"messages={MESSAGES} again={took:.2f}s cpu={cpu:.2f}s")
    assert before["INBOX"]["MESSAGES"] == MESSAGES
    assert cpu < 2                                # of its own: what else the machine does is not its fault


def rows(service, shard=0):
    """Every row of a stopped shard's index."""
    return subprocess.run([ROWS, service.folder / "shards" / str(shard) / "index.mdb"], check=True, capture_output=True).stdout


def live_a_little(user):
    """Something of everything that leaves rows behind."""
    a = user.client("a", "INBOX")
    for name in ("work", "work/deep", "old", "gone"):
        a.ok(f"CREATE {name}")
    for i in range(300):
        a.append(mail=b"Subject: %d\r\n\r\nbody\r\n" % i, flags="\\Seen" if i % 3 else "$Keyword")
    a.append(mail=b"Subject: large\r\n\r\n" + os.urandom(1 << 20).hex().encode() + b"\r\n")
    a.ok("COPY 1:100 work")
    a.ok("MOVE 50:60 work/deep")
    a.ok("STORE 1:40 +FLAGS (\\Flagged \\Deleted kw1 kw2)")
    a.ok("UID EXPUNGE 1:20")
    a.ok("COPY 1:10 gone")
    a.ok("DELETE gone")
    a.ok("RENAME work job")
    a.ok("SUBSCRIBE job")
    a.ok("SUBSCRIBE elsewhere")
    a.ok("RENAME INBOX archive")
    a.append(mail=b"Subject: new\r\n\r\nbody\r\n")
    user.close()


def test_the_index_is_derived(victim):
    """Deleted, it comes back from the journal, row by row equal (DESIGN, invariant 7)."""
    service = victim()
    fill(service.user_add("eve"), 12000)          # enough that recovery itself writes checkpoints
    for name in ("ann", "bob"):
        live_a_little(service.user_add(name))
    lmtp = Lmtp(service.lmtp)
    assert [code for code, _ in lmtp.deliver(b"Subject: two\r\n\r\n" + b"x" * 70 * 1000 + b"\r\n", "ann", "bob")] == [250, 250]
    lmtp.close()
    service.roost("user", "del", "bob")
    service.kill("shard")
    until(lambda: service.pids("shard"))
    service.restart()
    service.stop()
    before = rows(service)
    for name in ("index.mdb", "index.mdb-lock"):
        (service.folder / "shards/0" / name).unlink(missing_ok=True)
    service.up()
    service.stop()
    after = rows(service)
    assert before.count(b"\n") > 300
    known = set(before.splitlines())
    assert [line for line in after.splitlines() if line not in known] == []
    assert before == after


def test_a_damaged_index_is_made_anew(victim):
    """It is no file of LMDB, or its rows are of another version: the shard serves all the same."""
    service = victim()
    user = service.user_add("fay")
    for n, wrong in enumerate((lambda old: b"no index\n" * 4096, other_version)):
        user.client("a").append(mail=b"Subject: %d\r\n\r\nbody\r\n" % n)
        user.close()
        service.stop()
        index = service.folder / "shards/0/index.mdb"
        index.write_bytes(wrong(index.read_bytes()))
        service.up()
        assert " index_rebuilt " in service.log()
        assert user.client("b").select().exists == n + 1
        user.close()


def other_version(index):
    """The one row every index has: user 0, table 0, how far it has come. Its value begins with the version."""
    key = bytes(25)
    at = index.find(key + bytes([ROW_VERSION]))
    assert at > 0
    changed = bytearray(index)
    while at > 0:
        changed[at + len(key)] += 1
        at = index.find(key + bytes([ROW_VERSION]), at + 1)
    return bytes(changed)


@pytest.mark.parametrize("who", [["shard"], ["directory"], ["shard", "directory"]])
def test_sessions_outlive_their_tickets(victim, who):
    """Ten lifetimes of a ticket, and a restart of every storaged, without the password."""
    service = victim(conf="ticket_lifetime = 2s\n", init=("--shards", "2"))
    clients = [service.user_add(name).client(name, "INBOX") for name in ("ann", "bob", "cat", "dan")]
    end = time.monotonic() + (21 if who == ["shard"] else 5)
    for pid in [pid for role in who for pid in service.pids(role)]:
        service.killed += 1
        os.kill(pid, signal.SIGKILL)
    while time.monotonic() < end:
        for c in clients:
            c.append()
            c.ok("NOOP")
        time.sleep(0.7)
    idle = clients[0]
    with idle.idle():
        time.sleep(5)
        service.deliver("ann", b"Subject: news\r\n\r\nx\r\n")
        idle.hears("EXISTS")
    for c in clients:
        c.ok("FETCH 1 BODY[]")
        c.logout()


def large_mail(size):
    return b"Subject: large\r\n\r\n" + b"\r\n".join(os.urandom(500).hex().encode() for _ in range(size // 1000)) + b"\r\n"


@pytest.mark.parametrize("kills", [{20}, {2, 9, 21, 39}])
def test_an_upload_goes_on_where_it_was(victim, kills):
    service = victim()
    c = service.user_add("ann").client("a", "INBOX")
    mail = large_mail(20_000_000)
    tag = c.tag()
    c.wire.send(f"{tag} APPEND INBOX {{{len(mail)}+}}\r\n".encode())
    step = len(mail) // 40
    for i in range(0, len(mail), step):
        if i // step in kills:
            until(lambda: service.pids("shard"))
            service.kill("shard")
        c.wire.send(mail[i:i + step])
        time.sleep(0.02)
    c.wire.send(b"\r\n")
    reply = c.reply(tag)
    assert reply.status_word == "OK", reply
    assert c.ok("NOOP") is not None
    got = c.ok("FETCH 1 (BODY.PEEK[] RFC822.SIZE)").fetched
    assert list(got) == [1] and got[1]["RFC822.SIZE"] == len(mail)
    assert hashlib.sha256(got[1]["BODY[]"]).digest() == hashlib.sha256(mail).digest()


@pytest.mark.parametrize("size", [500, 20_000_000])
def test_a_delivery_is_never_doubled(victim, size):
    """Small ones do not notice a restart; a large one may be told to come again, and then it is not there."""
    service = victim()
    ann, bob = service.user_add("ann"), service.user_add("bob")
    codes = {"ann": [], "bob": []}
    lmtp = Lmtp(service.lmtp)
    for i in range(8 if size < 1000 else 3):
        until(lambda: service.pids("shard"), TIMEOUT_S)
        killer = threading.Timer(0.001 * i if size < 1000 else 0.15 * i, service.kill, ["shard"])
        killer.start()
        answers = lmtp.deliver(large_mail(size) if size > 1000 else b"Subject: s\r\n\r\nx\r\n", "ann", "bob")
        killer.join()
        for name, (code, text) in zip(codes, answers):
            assert code in (250, 451), text
            codes[name].append(code)
        time.sleep(1)
    for user in (ann, bob):
        c = user.client("check")
        there = c.select().exists
        assert there == codes[user.name].count(250), codes
        if size < 1000:
            assert codes[user.name].count(451) == 0, codes


def test_no_spool_is_left_behind(victim):
    """A large delivery lies in a sealed file while it arrives; killed then, the file goes with the next start."""
    service = victim()
    service.user_add("ann")
    lmtp = Lmtp(service.lmtp)
    for line in ("MAIL FROM:<>", "RCPT TO:<ann>", "DATA"):
        lmtp.say(line)
    mail = large_mail(10_000_000)
    lmtp.wire.send(mail)

    def spools():
        return [p for p in (service.folder / "shards/0").iterdir() if p.name.startswith("spool-")]
    until(spools)
    assert mail[5_000_000:5_000_100] not in spools()[0].read_bytes()
    service.kill("shard")
    lmtp.wire.send(b".\r\n")
    assert lmtp.answer()[0] in (250, 451)
    until(lambda: not spools())
