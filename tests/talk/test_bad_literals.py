"""Literals that lie, never come, or are larger than anything (RFC 9051 4.3, RFC 7888 4 and 5)."""
import pytest

from client import Closed
from hardship import MIB, hardship

HUGE = ["2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "1" + "0" * 23, "9" * 5000]
LOGGED_IN = [b"APPEND INBOX", b"SELECT", b"SEARCH SUBJECT", b"FETCH 1 BODY[HEADER.FIELDS (", b"STORE 1 FLAGS", b"NONSENSE"]


@pytest.mark.parametrize("words", LOGGED_IN + [b"APPEND INBOX (\\Seen) ~"])
@pytest.mark.parametrize("n", HUGE)
def test_huge_and_asked_for(user, words, n):
    """The client waits for our word: we say no, and it sends nothing."""
    with hardship(user, mib=1):
        a = user.client("a", "INBOX")
        a.wire.send(b"x " + words + (b"" if words.endswith(b"~") else b" ") + b"{%s}\r\n" % n.encode())
        assert a.reply("x").status_word in ("NO", "BAD")
        a.ok("NOOP")


@pytest.mark.parametrize("words", LOGGED_IN)
@pytest.mark.parametrize("n", HUGE)
def test_huge_and_not_asked_for(user, words, n):
    """The bytes will come whatever we say, and we will not read them all: BYE (RFC 7888 4)."""
    with hardship(user, mib=1):
        a = user.client("a", "INBOX")
        a.wire.send(b"x " + words + b" {%s+}\r\n" % n.encode() + b"y" * 1000)
        try:
            said = a.line()
        except Closed:
            return
        assert said.kind in ("BYE", "BAD", "NO")
        if said.kind == "BYE":
            a.hears_the_end()


@pytest.mark.parametrize("announced", ["{-1}", "{-1+}", "{}", "{+}", "{+5}", "{5-}", "{5++}", "{0x5}", "{ 5}", "{5 }", "{5.0}", "{5+",
                                       "5+}", "{{5}}", "{5}}", "~{}", "{5+} ", "{\u0665}"])
def test_no_literal_at_all(user, announced):
    """What only looks like a literal is a word like others, and a wrong one."""
    with hardship(user):
        a = user.client("a", "INBOX")
        a.wire.send(b"x APPEND INBOX " + announced.encode() + b"\r\n")
        said = a.line()
        assert said.kind in ("BAD", "NO"), said
        a.ok("NOOP")


def test_before_login(user):
    with hardship(user, mib=1):
        c = user.service.client("c")
        for words in (b"x LOGIN {%d}", b"x LOGIN a {%d}", b"x NONSENSE {%d}", b"x APPEND INBOX {%d}", b"x AUTHENTICATE {%d}"):
            c.wire.send(words % 20_000 + b"\r\n")
            assert c.reply("x").status_word in ("NO", "BAD")
        for words in (b"x LOGIN {20000+}\r\n", b"x APPEND INBOX {20000+}\r\n", b"x LOGIN a {20000+}\r\n"):
            c.wire.send(words + b"z" * 20_000 + b"\r\n")
            assert c.reply("x").status_word in ("NO", "BAD")
        c.ok("NOOP")
        c.login(user.name)


def test_read_away_without_being_kept(user):
    """64 MiB that nobody wanted, after login, for a command that wants no such thing."""
    with hardship(user, mib=1):
        a = user.client("a", "INBOX")
        for words in (b"x SELECT", b"x NONSENSE", b"x APPEND nowhere", b"x SEARCH TEXT"):
            a.wire.send(words + b" {%d+}\r\n" % (16 * MIB))
            for _ in range(64):
                a.wire.send(b"w" * (MIB // 4))
            a.wire.send(b"\r\n")
            assert a.reply("x").status_word in ("NO", "BAD")
        a.ok("NOOP")


def test_too_large_a_message(user):
    """[TOOBIG] for a message above the limit, at once if the client asked first."""
    with hardship(user, mib=1):
        a = user.client("a", "INBOX")
        a.wire.send(b"x APPEND INBOX {%d}\r\n" % (256 * MIB + 1))
        assert a.reply("x").tagged_code == "TOOBIG"
        a.ok("NOOP")


def test_many_small(user):
    """Literals of nothing at all, 100,000 in one command."""
    with hardship(user):
        a = user.client("a", "INBOX")
        a.wire.send(b"x SEARCH" + b" TEXT {0+}\r\n" * 100_000 + b"\r\n")
        assert a.reply("x").status_word in ("NO", "BAD")
        a.ok("NOOP")
        a.wire.send(b"x NONSENSE" + b" {1+}\r\n\0" * 5_000 + b"\r\n")
        assert a.reply("x").status_word == "BAD"
        a.ok("NOOP")


def test_sum_of_them(user):
    """Each is small enough, all together are not: 1 MiB of joined literals is the most a command may hold."""
    with hardship(user, mib=4):
        a = user.client("a", "INBOX")
        a.wire.send(b"x SEARCH" + (b" TEXT {60000+}\r\n" + b"t" * 60_000) * 40 + b"\r\n")
        assert a.reply("x").status_word in ("NO", "BAD")
        a.ok("NOOP")


def test_commands_inside_a_refused_literal(user):
    """What was announced as data is never taken for commands."""
    with hardship(user):
        a = user.client("a", "INBOX")
        evil = b"\r\ny CREATE evil\r\n" * 10_000
        a.wire.send(b"x SELECT {%d+}\r\n" % len(evil) + evil + b"\r\n")
        assert a.reply("x").status_word in ("NO", "BAD")
        a.wire.send(b"x APPEND nowhere {%d+}\r\n" % len(evil) + evil + b"\r\n")
        assert a.reply("x").tagged_code == "TRYCREATE"
        assert set(a.ok('LIST "" *').listed) == {"INBOX"}


def test_a_message_goes_on_after_its_literal(user):
    """APPEND takes one message and then a line end; anything else is BAD and nothing is stored (no MULTIAPPEND)."""
    with hardship(user):
        a = user.client("a", "INBOX")
        for rest in (b" {6+}\r\na: b\r\n", b" junk", b"\0", b"x", b" (", b" {99999999999999999999+}"):
            a = user.client("a", "INBOX")
            a.wire.send(b"x APPEND INBOX {6+}\r\na: b\r\n" + rest + b"\r\n")
            try:
                said = a.line()
            except Closed:
                continue
            assert said.kind in ("BAD", "NO", "BYE"), (rest, said)
        assert user.client("b", "INBOX").ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 0


def test_literal_minus_refuses(private):
    """RFC 7888 5: above 4096 bytes, or beyond what anybody reads away."""
    service = private("literal = minus")
    user = service.user_add("ann")
    with hardship(user):
        for words in LOGGED_IN:
            a = user.client("a", "INBOX")
            a.wire.send(b"x " + words + b" {4097+}\r\n" + b"z" * 4097 + b"\r\n")
            assert a.line().kind in ("BAD", "NO", "BYE")
            a.ok("NOOP")
            a.wire.send(b"x " + words + b" {18446744073709551615+}\r\nzzz")
            assert a.line().kind in ("BAD", "NO", "BYE")


@pytest.mark.parametrize("words", [b"x APPEND INBOX {%d}\r\n", b"x APPEND INBOX {%d+}\r\n", b"x SELECT {%d+}\r\n"])
def test_one_byte_short(user, words):
    """The missing byte is taken from what follows: the line after it is the rest of the command, never a command."""
    with hardship(user):
        a = user.client("a", "INBOX")
        a.wire.send(words % 9)
        if b"+" not in words:
            assert a.line().tag == "+"
        a.wire.send(b"a: b\r\n\r\ny CREATE evil\r\n")
        assert a.reply("x").status_word in ("BAD", "NO")
        a.ok("NOOP")
        assert set(a.ok('LIST "" *').listed) == {"INBOX"}


def test_a_hundred_announced_and_never_sent(user):
    """A promise costs nothing until it is kept."""
    with hardship(user, mib=6):
        clients = [user.client(f"c{i}", "INBOX") for i in range(100)]
        for i, c in enumerate(clients):
            c.wire.send(b"x APPEND INBOX {%d}\r\n" % (200 * MIB) if i % 2 else b"x SELECT {60000}\r\n")
            assert c.line().tag == "+"
        user.close()
