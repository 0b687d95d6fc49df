"""Commands that are not commands: what is wrong is said, in bounded time and memory, and the connection is kept."""
import pytest

from client import Closed
from hardship import MIB, hardship

DEEP = 10_000


def refused(c, line):
    """One answer, BAD or NO, and the next command is heard."""
    c.wire.send(line + b"\r\n")
    said = c.line()
    assert said.kind in ("BAD", "NO"), f"{line[:60]!r} got {said!r}"
    c.ok("NOOP")
    return said


# ---- bytes that have no place in a command (RFC 9051 9: CHAR is %x01-7F) ----

NULS = [b"\0", b"\0x NOOP", b"x\0 NOOP", b"x NO\0OP", b"x NOOP\0", b"x\0NOOP", b"x SELECT INBOX\0", b'x SELECT "IN\0BOX"',
        b"x SELECT {6+}\r\nIN\0BOX", b"x CREATE {3+}\r\na\0b", b'x CREATE "\0"', b"x RENAME INBOX {3+}\r\na\0b",
        b'x LIST "" {3+}\r\n*\0*', b'x LIST {1+}\r\n\0 *', b"x SUBSCRIBE {3+}\r\na\0b", b"x STATUS {3+}\r\na\0b (MESSAGES)",
        b"x FETCH 1\0 UID", b"x FETCH 1 U\0ID", b"x FETCH 1 BODY[HEADER.FIELDS ({3+}\r\na\0b)]", b"x STORE 1 FLAGS (a\0b)",
        b'x SEARCH SUBJECT "a\0b"', b"x SEARCH SUBJECT {3+}\r\na\0b", b"x SEARCH HEADER {3+}\r\na\0b x", b"x COPY 1 {3+}\r\na\0b",
        b'x ID ("a" "b\0c")', b"x APPEND {3+}\r\na\0b {1+}\r\nx", b"x ENABLE COND\0STORE", b"x UID\0 FETCH 1 UID"]

EIGHT_BIT = [b"\xff NOOP", b"x\xe4 NOOP", b"x N\xd6OP", b"x SELECT b\xfcro", b'x SELECT "\xff\xfe"', b"x CREATE {2+}\r\n\xff\xfe",
             b'x CREATE "\xc0\xaf"', b"x FETCH 1 \xfcID", b"x STORE 1 +FLAGS (\xe4)", b"x SEARCH \xc3\xa4", b"x FETCH \xb2 UID",
             b"x SEARCH CHARSET \xff TEXT a", b"x UID \xff", b"x ENABLE \xff", b'x LIST "" \xff']


@pytest.mark.parametrize("enable", ["", "IMAP4rev2"])
def test_nul_and_eight_bit(user, enable):
    with hardship(user):
        a = user.client("a", "INBOX", enable=enable)
        a.append()
        for line in NULS + EIGHT_BIT:
            refused(a, line)
        assert set(a.ok('LIST "" *').listed) == {"INBOX"}


def test_nul_before_login(user):
    with hardship(user):
        c = user.service.client("c")
        for line in (b"\0" * 100, b"x LOGIN \0 \0", b'x LOGIN "a\0" "b"', b"x LOGIN {2+}\r\na\0 {1+}\r\nb", b"x LOGIN a {3+}\r\nb\0c",
                     b"x AUTHENTICATE PL\0AIN", b"x ID (\0)"):
            refused(c, line)
        # Base64 that holds NULs where none belong, or too few (RFC 4616 2)
        for words in (b"x AUTHENTICATE PLAIN AAAAAAA=", b"x AUTHENTICATE PLAIN YQBiAGMAZA==", b"x AUTHENTICATE PLAIN YQ=="):
            refused(c, words)
        c.login(user.name)


def test_nul_in_a_message(user):
    """A message with NULs is refused or kept as it is (RFC 9051 4.3.1 wants literal8 for it); never cut."""
    mail = b"Subject: n\0l\r\nX\0Y: z\r\n\r\n\0a\0\r\n"
    with hardship(user):
        a = user.client("a", "INBOX")
        a.wire.send(b"x APPEND INBOX ~{%d+}\r\n%s\r\n" % (len(mail), mail))
        assert a.reply("x").status_word == "OK"
        assert a.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE BINARY.PEEK[])").fetched[1]["BINARY[]"] == mail
        reply = a.do("APPEND INBOX", mail)
        assert reply.status_word in ("OK", "NO", "BAD")
        a.ok("SEARCH SUBJECT n TEXT a")


# ---- deep ----

def nested(front, inside, back):
    return front + b"(" * DEEP + inside + b")" * DEEP + back


DEEP_LINES = {
    "search": nested(b"x SEARCH ", b"ALL", b""), "search-open": b"x SEARCH " + b"(" * 500_000, "search-not": b"x SEARCH " + b"NOT " * DEEP + b"ALL",
    "search-or": b"x SEARCH " + b"OR ALL " * DEEP + b"ALL", "search-or-left": b"x SEARCH " + b"OR " * DEEP + b"ALL " * (DEEP + 1),
    "fetch": nested(b"x FETCH 1 ", b"UID", b""), "fetch-open": b"x FETCH 1 " + b"(" * 500_000,
    "fields": nested(b"x FETCH 1 BODY[HEADER.FIELDS ", b"From", b"]"), "body-list": b"x FETCH 1 (" + b"BODY[" * DEEP + b"]" * DEEP + b")",
    "flags": nested(b"x STORE 1 FLAGS ", b"\\Seen", b""), "status": nested(b"x STATUS INBOX ", b"MESSAGES", b""),
    "list": nested(b"x LIST ", b'""', b' "" *'), "list-patterns": nested(b'x LIST "" ', b"*", b""), "id": nested(b"x ID ", b'"a" "b"', b""),
    "append-flags": nested(b"x APPEND INBOX ", b"\\Seen", b" {1+}\r\nx"), "select": nested(b"x SELECT INBOX ", b"CONDSTORE", b""),
    "return": nested(b"x SEARCH RETURN ", b"MIN", b" ALL"), "quotes": b"x SELECT " + b'"\\"' * DEEP, "brackets": b"x FETCH 1 BODY" + b"[" * DEEP,
}


@pytest.mark.parametrize("name", DEEP_LINES)
def test_deep(user, name):
    with hardship(user):
        a = user.client("a", "INBOX")
        a.append()
        refused(a, DEEP_LINES[name])


def test_deep_parts_are_just_absent(user):
    """A part number may have any depth by the grammar (RFC 9051 section-part); nothing is there."""
    with hardship(user):
        a = user.client("a", "INBOX")
        a.append()
        a.wire.send(b"x FETCH 1 BODY.PEEK[" + b"1." * DEEP + b"1]\r\n")
        reply = a.reply("x")
        assert reply.status_word in ("BAD", "NO") or reply.fetched[1]


# ---- wide: as much as fits into a command ----

def fits(words, n=150_000, before=b"", between=b",", after=b""):
    """So many words that the command stays just below 1 MiB."""
    items, size = [], len(before) + len(after)
    for i in range(n):
        word = words(i)
        size += len(word) + len(between)
        if size > MIB - 64:
            break
        items.append(word)
    return before + between.join(items) + after


WIDE_LINES = {
    "ranges": fits(lambda i: b"%d:%d" % (3 * i + 1, 3 * i + 2), before=b"x UID FETCH ", after=b" (UID)"),
    "descending": fits(lambda i: b"%d" % (900_000 - 2 * i), before=b"x UID FETCH ", after=b" (UID)"),
    "all-again": fits(lambda i: b"1:*", before=b"x UID FETCH ", after=b" (UID)", n=300_000),
    "store": fits(lambda i: b"%d" % (2 * i + 1), before=b"x UID STORE ", after=b" +FLAGS (\\Seen)"),
    "copy": fits(lambda i: b"%d" % (2 * i + 1), before=b"x UID COPY ", after=b" INBOX"),
    "search": fits(lambda i: b"%d" % (2 * i + 1), before=b"x UID SEARCH UID "),
    "known": fits(lambda i: b"%d" % (2 * i + 1), before=b"x SELECT INBOX (QRESYNC (1 1 ", after=b"))"),
    "keys": fits(lambda i: b"SUBJECT a", before=b"x SEARCH ", between=b" "),
    "ors": fits(lambda i: b"OR FROM a TO", before=b"x SEARCH ", between=b" b "),
    "sections": fits(lambda i: b"BODY.PEEK[]", before=b"x FETCH 1 (", between=b" ", after=b")"),
    "headers": fits(lambda i: b"H%d" % i, before=b"x FETCH 1 BODY.PEEK[HEADER.FIELDS (", between=b" ", after=b")]"),
    "items": fits(lambda i: b"UID", before=b"x FETCH 1 (", between=b" ", after=b")", n=300_000),
    "keywords": fits(lambda i: b"k%d" % i, before=b"x STORE 1 +FLAGS (", between=b" ", after=b")"),
    "patterns": fits(lambda i: b"*", before=b'x LIST "" (', between=b" ", after=b")", n=500_000),
    "star": fits(lambda i: b"*%", before=b'x LIST "" ', between=b"a", n=300_000),
    "name": fits(lambda i: b"a", before=b"x CREATE ", between=b"/", n=500_000),
    "enable": fits(lambda i: b"X%d" % i, before=b"x ENABLE ", between=b" "),
    "id": fits(lambda i: b'"k%d" "v"' % i, before=b"x ID (", between=b" ", after=b")"),
    "tag": b"x" * (MIB - 64) + b" NOOP",
}


@pytest.mark.parametrize("name", WIDE_LINES)
def test_wide(user, name):
    """A megabyte of words is answered, whatever the answer is."""
    line = WIDE_LINES[name]
    tag = line.split(b" ", 1)[0].decode()
    with hardship(user, seconds=10, mib=40):
        a = user.client("a", "INBOX", enable="QRESYNC")
        a.append()
        a.wire.send(line + b"\r\n")
        assert a.reply(tag).status_word in ("OK", "NO", "BAD")
        a.ok("NOOP")


def test_million_ranges(user):
    """Ten times what a command may be: read away, and refused."""
    line = b"x UID FETCH " + b",".join(b"%d:%d" % (3 * i + 1, 3 * i + 2) for i in range(1_000_000)) + b" (UID)"
    with hardship(user, mib=4):
        a = user.client("a", "INBOX")
        assert refused(a, line).code == "TOOBIG"


# ---- long ----

@pytest.mark.parametrize("n_bytes, logged_in", [(17 << 10, False), (16 * MIB, False), (MIB + 1, True), (64 * MIB, True)])
def test_endless_line(user, n_bytes, logged_in):
    """Read away without being kept: the bound on memory is far below the line."""
    with hardship(user, mib=4 if logged_in else 1):
        c = user.client("a") if logged_in else user.service.client("c")
        c.wire.send(b"x NOOP ")
        for _ in range(n_bytes // 16384 + 1):
            c.wire.send(b"y" * 16384)
        assert refused(c, b"").tag == "x"
        c.ok("NOOP") if logged_in else c.login(user.name)


@pytest.mark.parametrize("logged_in, allowed", [(False, 16 << 10), (True, MIB)])
def test_where_the_limit_is(user, logged_in, allowed):
    with hardship(user):
        c = user.client("a") if logged_in else user.service.client("c")
        frame = len(b"x ID (\"k\" \"\")\r\n")
        for n, kind in ((allowed - frame, ("OK", "BAD", "NO")), (allowed + 1, ("BAD",))):
            c.wire.send(b'x ID ("k" "' + b"v" * n + b'")\r\n')
            reply = c.reply("x")
            assert reply.status_word in kind
            assert (reply.tagged_code == "TOOBIG") == (n > allowed)


# ---- again and again ----

@pytest.mark.parametrize("line", [b"nonsense", b"x NONSENSE", b"", b"\0", b"x LOGIN {999999}", b"x SEARCH ((("])
def test_a_thousand_in_a_row(user, line):
    with hardship(user):
        a = user.client("a", "INBOX")
        try:
            a.wire.send((line + b"\r\n") * 1100)
        except OSError:                              # it hung up while we talked
            pass
        said = a.hears_the_end().kinds()
        assert said[-1] == "BYE" and said.count("BAD") in (999, 1000)


def test_bad_commands_of_nobody(user):
    """Before login, too."""
    with hardship(user):
        c = user.service.client("c")
        c.wire.send(b"x NONSENSE\r\n" * 1000)
        said = c.hears_the_end().kinds()
        assert said[-1] == "BYE"
        with pytest.raises(Closed):
            c.line()


@pytest.mark.parametrize("pattern", ["*a" * 100 + "b", "%a" * 100 + "b", "*" * 1000 + "b", "*%" * 500 + "b"])
def test_patterns_that_could_try_everything(user, pattern):
    """Each wildcard may stand for anything: a matcher that tries all ways would not come back."""
    with hardship(user, seconds=5):
        a = user.client("a")
        a.ok(f"CREATE {'a' * 200}")
        assert not a.ok(f'LIST "" "{pattern}"').listed
        assert a.ok(f'LIST "" "{pattern[:-1]}a*"').listed
        a.ok(f"DELETE {'a' * 200}")
