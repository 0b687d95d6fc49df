"""Bytes as they travel: pipelines, literals, floods, and messages larger than anybody wants to hold."""
import os
import time

import pytest

from client import SLOW
from mails import letter
from service import pss_bytes

MIB = 1 << 20


# ---- pipelining ----

def test_500_commands_in_one_write(user):
    a = user.client("a", "INBOX")
    a.append()
    a.wire.send(b"".join(b"p%d UID FETCH 1 (UID FLAGS)\r\n" % i for i in range(500)))
    for i in range(500):
        assert a.reply(f"p{i}").fetched[1]["UID"] == 1


def test_answers_come_in_order(user):
    a = user.client("a", "INBOX")
    a.wire.send(b"1 NOOP\r\n2 APPEND INBOX {9+}\r\na: b\r\n\r\nx\r\n3 FETCH 1 UID\r\n4 STATUS INBOX (MESSAGES)\r\n5 SEARCH ALL\r\n")
    assert a.reply("1").exists is None
    assert a.reply("2").exists == 1
    assert a.reply("3").fetched[1]["UID"] == 1
    assert a.reply("4").status["INBOX"]["MESSAGES"] == 1
    assert a.reply("5").found == [1]


def test_sets_are_resolved_when_the_command_starts(user):
    """Numbers behind an EXPUNGE in the same write mean what they mean then."""
    a = user.client("a", "INBOX")
    for i in range(1, 5):
        a.append(mail=letter(f"m{i}"))
    a.wire.send(b"1 STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\n2 FETCH 1:* (UID)\r\n3 EXPUNGE\r\n4 FETCH 1:* (UID)\r\n"
                b"5 STORE 1 +FLAGS (\\Flagged)\r\n6 UID FETCH 1:* (UID)\r\n7 FETCH 3 UID\r\n")
    assert a.reply("1").status_word == "OK"
    assert [m["UID"] for m in a.reply("2").fetched.values()] == [1, 2, 3, 4]
    assert a.reply("3").expunged in ([2, 1], [1, 1])
    assert [m["UID"] for m in a.reply("4").fetched.values()] == [3, 4]
    assert "\\Flagged" in a.reply("5").flags[1]
    assert [m["UID"] for m in a.reply("6").fetched.values()] == [3, 4]
    assert a.reply("7").status_word in ("BAD", "NO")


def test_login_and_all_the_rest_at_once(user):
    c = user.service.client("c")
    c.wire.send(f"1 LOGIN {user.name} pw\r\n2 SELECT INBOX\r\n3 APPEND INBOX {{6+}}\r\na: b\r\n\r\n4 FETCH 1 UID\r\n5 LOGOUT\r\n"
                .encode())
    assert [c.reply(str(i)).status_word for i in range(1, 6)] == ["OK"] * 5


def test_idle_in_a_pipeline(user):
    a = user.client("a", "INBOX")
    a.wire.send(b"1 IDLE\r\nDONE\r\n2 NOOP\r\n")
    assert a.reply("1").status_word == "OK" and a.reply("2").status_word == "OK"


def test_one_byte_at_a_time(user):
    a = user.client("a", "INBOX")
    for byte in b"1 APPEND INBOX (\\Seen) {6+}\r\na: b\r\n\r\n2 FETCH 1 (FLAGS)\r\n":
        a.wire.send(bytes([byte]))
    assert a.reply("1").exists == 1
    assert "\\Seen" in a.reply("2").flags[1]


# ---- literals ----

@pytest.mark.cap("LITERAL+")
def test_both_kinds_of_literals(user):
    c = user.service.client("c")
    c.wire.send(b"1 LOGIN {%d}\r\n" % len(user.name))
    assert c.line().tag == "+"
    c.wire.send(user.name.encode() + b" {2+}\r\npw\r\n")
    assert c.reply("1").status_word == "OK"
    c.wire.send(b"2 APPEND INBOX {6}\r\n")
    assert c.line().tag == "+"
    c.wire.send(b"a: b\r\n\r\n")
    assert c.reply("2").status_word == "OK"


@pytest.mark.cap("LITERAL-")
def test_literal_minus(private):
    """RFC 7888 5: non-synchronizing literals up to 4096 bytes; larger ones are refused, and read away or hung up on."""
    service = private("literal = minus")
    user = service.user_add("ann")
    a = user.client("a", "INBOX")
    assert "LITERAL-" in a.capabilities() and "LITERAL+" not in a.capabilities()
    a.ok("APPEND INBOX", b"x: " + b"y" * 4089 + b"\r\n\r\n")
    a.wire.send(b"big APPEND INBOX {4097+}\r\n" + b"z" * 4097 + b"\r\n")
    line = a.line()
    assert (line.tag == "big" and line.kind == "BAD") or line.kind == "BYE"
    b = user.client("b", "INBOX")
    assert b.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 1
    b.wire.send(b"big APPEND INBOX {5000}\r\n")
    assert b.line().tag == "+"
    b.wire.send(b"z" * 5000 + b"\r\n")
    assert b.reply("big").status_word == "OK"


def test_refused_before_it_is_sent(user):
    """A synchronizing client learns of a missing mailbox or a huge message without sending it."""
    a = user.client("a")
    a.wire.send(b"1 APPEND nowhere {1000000}\r\n")
    assert a.reply("1").tagged_code == "TRYCREATE"
    a.wire.send(b"2 APPEND INBOX {300000000}\r\n")
    assert a.reply("2").tagged_code == "TOOBIG"
    a.ok("NOOP")


def test_refused_while_it_comes(user):
    a = user.client("a")
    assert a.no("APPEND nowhere", b"x" * MIB).tagged_code == "TRYCREATE"
    a.ok("NOOP")


@pytest.mark.parametrize("n", ["9223372036854775808", "18446744073709551615", "99999999999999999999999"])
def test_absurd_literals(user, n):
    a = user.client("a")
    a.wire.send(b"1 APPEND INBOX {%s}\r\n" % n.encode())
    line = a.line()
    assert line.kind in ("NO", "BAD", "BYE")


def test_an_upload_cut_off_leaves_nothing(user):
    a, b = user.client("a"), user.client("b", "INBOX")
    a.wire.send(b"1 APPEND INBOX {1000000+}\r\n" + b"x" * 500000)
    a.close()
    c = user.client("c")
    c.append()
    assert b.ok("NOOP").exists == 1


# ---- bad input ----

@pytest.mark.parametrize("line", [
    "", "x", "x ", " NOOP", "x NOOP extra", "x UNKNOWN", "x FETCH", "x FETCH 1", "x FETCH 0 UID", "x FETCH 1:0 UID", "x FETCH a UID",
    "x STORE 1 FLAGS", "x STORE 1 +FLAGS \\Seen\x00", "x SEARCH", "x SEARCH NOSUCHKEY", "x UID", "x UID NOOP", "x LOGIN a b",
    "x SELECT", "x SELECT \"unclosed", "x LIST", "x STATUS INBOX", "x STATUS INBOX ()", "x APPEND INBOX", "x APPEND INBOX notaliteral",
    "x FETCH 1 (UID", "x FETCH 1 BODY[", "x FETCH 1 BODY[]<1.0>", "x FETCH 1 BODY[0]", "+ NOOP", "x\tNOOP", "x STARTTLS"])
def test_malformed_is_bad(user, line):
    a = user.client("a", "INBOX")
    a.append()
    a.wire.send(line.encode() + b"\r\n")
    assert a.line().kind in ("BAD", "NO")
    a.ok("NOOP")


@pytest.mark.parametrize("line", [
    b"x SEARCH " + b"(" * 10_000 + b"ALL" + b")" * 10_000, b"x FETCH 1 " + b"(" * 10_000, b"x SEARCH " + b"NOT " * 10_000 + b"ALL",
    b"x SEARCH " + b"OR ALL " * 10_000 + b"ALL", b"x FETCH " + b",".join(b"%d" % n for n in range(1, 100_000, 2)) + b" (UID)",
    b"x NOOP" + b" " * 2_000_000, b"x" * 3_000_000], ids=range(7))
def test_deep_and_long(user, line):
    """A clear answer in bounded time, and the connection is kept."""
    a = user.client("a", "INBOX")
    start = time.monotonic()
    a.wire.send(line + b"\r\n")
    assert a.line().kind in ("BAD", "NO")
    a.ok("NOOP")
    assert time.monotonic() - start < 5 * SLOW


def test_long_before_login(user):
    c = user.service.client("c")
    c.wire.send(b"x LOGIN " + b"a" * 20_000 + b"\r\n")
    assert c.line().kind == "BAD"
    c.wire.send(b"x LOGIN a {20000+}\r\n" + b"b" * 20_000 + b"\r\n")
    assert c.line().kind in ("BAD", "NO")
    c.login(user.name)


def test_a_thousand_bad_commands(user):
    a = user.client("a")
    a.wire.send(b"x NONSENSE\r\n" * 999)
    assert len([a.line() for _ in range(999)]) == 999
    a.ok("NOOP")                                     # in a row: this one breaks it
    a.wire.send(b"x NONSENSE\r\n" * 1000)
    said = a.hears_the_end()
    assert said.kinds().count("BAD") == 1000 or said.kinds().count("BAD") == 999
    assert said.kinds()[-1] == "BYE"


def test_eight_bit_and_nul(user):
    a = user.client("a", "INBOX")
    a.wire.send(b"x SELECT \"\xff\xfe\"\r\ny SELECT \"\x00\"\r\n\x00\x00\r\n")
    assert [a.line().kind in ("BAD", "NO") for _ in range(3)] == [True] * 3
    a.ok("NOOP")


# ---- large messages ----

def frontends_bytes(service):
    return sum(pss_bytes(pid) for pid in service.pids("imap"))


def large(n_bytes):
    line = b"0123456789abcdef" * 4 + b"\r\n"
    return b"Subject: large\r\n\r\n" + line * (n_bytes // len(line))


def test_large_append_and_slow_fetch(user):
    """30 MB in and out: the frontend never holds more than a window of it."""
    service, mail = user.service, large(30_000_000)
    a = user.client("a", "INBOX")
    pid = service.frontend_of(a)
    before = pss_bytes(pid)
    peak = before
    a.wire.send(b"1 APPEND INBOX {%d+}\r\n" % len(mail))
    for at in range(0, len(mail), MIB):
        a.wire.send(mail[at:at + MIB])
        peak = max(peak, pss_bytes(pid))
    a.wire.send(b"\r\n")
    assert a.reply("1").exists == 1
    if not os.environ.get("ROOST_SLOW"):
        assert peak - before < MIB, f"{peak - before} bytes"

    b = user.client("b", "INBOX")
    pid = service.frontend_of(b)
    before, storage = pss_bytes(pid), sum(map(pss_bytes, service.pids("shard")))
    tag = b.start("FETCH 1 BODY.PEEK[]")
    b.wire.take(1000)                                # then b stops reading
    time.sleep(0.5)
    if not os.environ.get("ROOST_SLOW"):
        assert pss_bytes(pid) - before < MIB
        assert sum(map(pss_bytes, service.pids("shard"))) - storage < MIB
    assert a.ok("FETCH 1 (RFC822.SIZE)").fetched[1]["RFC822.SIZE"] == len(mail)       # a is not held up
    head = len(b"* 1 FETCH (BODY[] {%d}\r\n" % len(mail))
    assert b.wire.take(len(mail) - (1000 - head)) == mail[1000 - head:]
    assert b.wire.line() == b")"
    assert b.reply(tag).status_word == "OK"


def test_slow_fetch_survives_expunge_of_all(user):
    mail = large(8_000_000)
    a, b = user.apart("a", "b")
    a.append(mail=mail)
    b.ok("NOOP")
    tag = b.start("UID FETCH 1 (UID BODY.PEEK[])")
    b.wire.more()
    a.expunge(1)
    assert b.reply(tag).fetched[1]["BODY[]"] == mail


def test_two_large_uploads_at_once(user):
    mail = large(3_000_000)
    a, b = user.apart("a", "b")
    for c in (a, b):
        c.wire.send(b"1 APPEND INBOX {%d+}\r\n" % len(mail))
    for at in range(0, len(mail), 300_000):
        for c in (a, b):
            c.wire.send(mail[at:at + 300_000])
    for c in (a, b):
        c.wire.send(b"\r\n")
    assert sorted(int(c.reply("1").code("APPENDUID").split()[1]) for c in (a, b)) == [1, 2]
    assert a.ok("UID FETCH 1 BODY.PEEK[]").fetched[1]["BODY[]"] == mail
