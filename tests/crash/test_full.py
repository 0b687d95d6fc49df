"""The disk is full: what adds is refused, what frees works, reads go on; and when space returns, nobody has to help."""
import os
import shutil
import subprocess
import time

import pytest

from client import Lmtp, until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
MAIL = b"Subject: fill\r\n\r\n"


def mount(where, *options):
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", where], check=True)


@pytest.fixture
def small(victim):
    """A service whose shard lies on a disk of 32 MiB."""
    service = victim(conf="segment_bytes = 4MiB\n")
    service.stop()
    shards, aside = service.folder / "shards", service.folder / "aside"
    shutil.move(shards, aside)
    shards.mkdir()
    mount(shards, "-o", "size=32m")
    try:
        for shard in aside.iterdir():
            shutil.copytree(shard, shards / shard.name)
        service.up()
        yield service
    finally:
        service.stop()
        subprocess.run(["umount", "-l", shards], check=True)


def fill(c):
    """Appends until it is refused, and again: a segment that is being prepared is neither free nor room. Returns how many there are."""
    n = refused = 0
    while refused < 50:
        assert n < 2000, "that disk is never full"
        reply = c.do("APPEND INBOX", MAIL + os.urandom(40_000).hex().encode() + b"\r\n")
        if reply.status_word == "OK":
            n, refused = n + 1, 0
        else:
            assert reply.tagged_code in ("OVERQUOTA", "UNAVAILABLE"), reply
            refused += 1
            time.sleep(0.02)
    return n


def test_a_full_disk(small):
    user = small.user_add("ann")
    c = user.client("a", "INBOX")
    c.ok("CREATE doomed")
    c.append("doomed")
    n = fill(c)
    assert n > 20
    pids = small.pids("shard")

    # what adds is refused, by name
    lmtp = Lmtp(small.lmtp)
    code, text = lmtp.deliver(MAIL + os.urandom(40_000).hex().encode() + b"\r\n", "ann")[0]
    assert (code, text.split()[0]) == (452, "4.3.1"), text
    code, text = lmtp.deliver(MAIL + b"small\r\n", "ann")[0]
    assert (code, text.split()[0]) == (452, "4.3.1"), text
    assert c.do("APPEND INBOX", os.urandom(1_500_000).hex().encode()).tagged_code in ("OVERQUOTA", "UNAVAILABLE")
    assert c.do("COPY 1 doomed").status_word == "NO"

    # reads go on
    c.ok("NOOP")
    assert len(c.ok("FETCH 1:* (FLAGS RFC822.SIZE)").fetched) == n
    assert c.ok("FETCH 3 BODY.PEEK[]").fetched[3]["BODY[]"].startswith(MAIL)
    assert c.ok('SEARCH SUBJECT "fill"').found == list(range(1, n + 1))

    # what frees works
    c.ok("STORE 1:5 +FLAGS (\\Deleted)")
    assert len(c.ok("EXPUNGE").expunged) == 5
    c.ok("STORE 1 +FLAGS (\\Seen)")
    c.ok("DELETE doomed")
    assert small.pids("shard") == pids, "the shard went down"

    # and a restart does not make it worse
    small.kill("shard")
    until(lambda: small.pids("shard"))
    c.ok("NOOP")
    assert len(c.ok("FETCH 1:* FLAGS").fetched) == n - 5
    assert c.do("APPEND INBOX", MAIL).status_word == "NO"

    # space returns
    mount(small.folder / "shards", "-o", "remount,size=128m")
    until(lambda: c.do("APPEND INBOX", MAIL).status_word == "OK")
    until(lambda: lmtp.deliver(MAIL + b"again\r\n", "ann")[0][0] == 250)
    lmtp.close()


def test_full_in_the_midst_of_an_upload(small):
    """A message larger than what is left: refused when the disk is full, and certainly absent."""
    user = small.user_add("ann")
    c = user.client("a", "INBOX")
    reply = c.do("APPEND INBOX", MAIL + os.urandom(35_000_000).hex().encode())
    assert reply.status_word == "NO" and reply.tagged_code in ("OVERQUOTA", "UNAVAILABLE"), reply
    c.ok("NOOP")
    assert c.select().exists == 0
    lmtp = Lmtp(small.lmtp)
    code, text = lmtp.deliver(MAIL + b"\r\n".join(os.urandom(400).hex().encode() for _ in range(80_000)), "ann")[0]
    assert code == 452, text
    assert c.select().exists == 0
