"""Clients that ask for much and read late: answers wait in storage's words, not in the frontend's memory."""
import os
import time

from service import pss_bytes

KEYWORDS = " ".join(f"keyword-{i:02}-{'x' * 40}" for i in range(30))
MANY = 4096
MIB = 1 << 20


def fill(client, n):
    """n messages in INBOX, by doubling."""
    client.append()
    have = 1
    while have < n:
        client.ok("COPY 1:* INBOX")
        have *= 2


def test_store_answers_wait_for_the_reader(user):
    """6 MB of FETCH lines, of which a socket takes some and the frontend keeps a window."""
    a = user.client("a", "INBOX")
    fill(a, MANY)
    a.ok(f"STORE 1:* +FLAGS.SILENT ({KEYWORDS})")
    slow = user.client("slow", "INBOX")
    pid = user.service.frontend_of(slow)
    before = pss_bytes(pid)
    tag = slow.start("STORE 1:* +FLAGS (\\Flagged)")
    time.sleep(0.5)
    if not os.environ.get("ROOST_SLOW"):
        assert pss_bytes(pid) - before < 3 * MIB
    again = slow.start("NOOP")
    reply = slow.reply(tag)
    assert reply.status_word == "OK" and set(reply.flags) == set(range(1, MANY + 1))
    assert all("\\Flagged" in flags and len(flags) == 31 for flags in reply.flags.values())
    assert slow.reply(again).flags == {}
    assert len(a.ok("NOOP").flags) == MANY


def test_flags_wait_for_the_reader(user):
    """The same 6 MB, asked for: few octets between the processes, many to the client."""
    a = user.client("a", "INBOX")
    fill(a, MANY)
    a.ok(f"STORE 1:* +FLAGS.SILENT ({KEYWORDS})")
    slow = user.client("slow", "INBOX")
    slow.ok("NOOP")
    pid = user.service.frontend_of(slow)
    before = pss_bytes(pid)
    tag = slow.start("FETCH 1:* (FLAGS)")
    time.sleep(0.5)
    if not os.environ.get("ROOST_SLOW"):
        assert pss_bytes(pid) - before < 3 * MIB
    reply = slow.reply(tag)
    assert reply.status_word == "OK" and set(reply.flags) == set(range(1, MANY + 1))
    assert all(len(flags) == 30 for flags in reply.flags.values())


def test_a_listing_waits_for_the_reader(user):
    a = user.client("a")
    names = [f"{'n' * 200}{i:04}" for i in range(2000)]
    tags = [a.start(f"CREATE {name}") for name in names]
    for tag in tags:
        assert a.reply(tag).status_word == "OK"
    tag, after = a.start('LIST "" n* RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY))'), a.start("NOOP")
    time.sleep(0.3)
    reply = a.reply(tag)
    assert reply.status_word == "OK" and list(reply.listed) == names and len(reply.of("STATUS")) == 2000
    assert a.reply(after).status_word == "OK"


def test_gone_while_answers_wait(user):
    a = user.client("a", "INBOX")
    fill(a, MANY)
    a.ok(f"STORE 1:* +FLAGS.SILENT ({KEYWORDS})")
    for _ in range(3):
        slow = user.client("slow", "INBOX")
        slow.start("STORE 1:* +FLAGS (\\Flagged)")
        slow.line()                                  # it is done, and being told
        slow.close()
    assert len(a.ok("NOOP").flags) == MANY


def test_more_keywords_than_there_can_be(user):
    a = user.client("a", "INBOX")
    a.append()
    many = " ".join(f"k{i}" for i in range(2049))
    a.no(f"STORE 1 +FLAGS ({many})", code="LIMIT")
    a.no(f"APPEND INBOX ({many})", b"a: b\r\n\r\n", code="LIMIT")
    assert a.ok("FETCH 1 FLAGS").flags[1] <= {"\\Recent"}
    a.ok("STORE 1 +FLAGS (k1)")
