"""LMTP from those who cannot, or will not, speak it (RFC 2033, RFC 5321, RFC 3030, RFC 1870)."""
import re

import pytest

from client import Closed
from hardship import MIB, hardship


def begin(user, *to):
    lmtp = user.service.lmtp_client()
    assert lmtp.say("MAIL FROM:<a@test.example>")[0] == 250
    for name in to or (user.name,):
        assert lmtp.say(f"RCPT TO:<{name}>")[0] == 250
    return lmtp


def data(lmtp, raw):
    assert lmtp.say("DATA")[0] == 354
    lmtp.wire.send(raw)


def stored(user):
    """Every message of the user without the lines that we added."""
    a = user.client("check", "INBOX")
    mails = [m["BODY[]"] for m in a.do("FETCH 1:* BODY.PEEK[]").fetched.values()]
    a.close()
    return [re.sub(rb"\A(?:(?:Return-Path|Delivered-To|Received): [^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+", b"", mail) for mail in mails]


def repr_short(raw):
    return repr(raw)[:24]


# ---- commands ----

@pytest.mark.parametrize("line", [
    b"", b" ", b"\0", b"\0LHLO x", b"LHLO\0", b"LHLO", b"NOOP\0", b"\xff\xfe", b"EHLO test.example", b"HELO test.example", b"MAIL", b"MAIL FROM",
    b"MAIL FROM:", b"MAIL FROM:<", b"MAIL FROM:a@b", b"MAIL FROM:<a\0b@c>", b"MAIL FROM:<a@b", b"MAIL FROM:<a@b> SIZE", b"MAIL FROM:<a@b> SIZE=",
    b"MAIL FROM:<a@b> SIZE=-1", b"MAIL FROM:<a@b> SIZE=99999999999999999999999", b"MAIL FROM:<a@b> SIZE=1x", b"MAIL FROM:<a@b> BODY=9BIT",
    b"MAIL FROM:<a@b> NOSUCH=1", b"MAIL FROM:<" + b"a" * 3000 + b"@b>", b"RCPT TO:<a>", b"DATA", b"STARTTLS", b"AUTH PLAIN AGEAYg==", b"VRFY\0",
    b"GET / HTTP/1.1", b"x NOOP", b"a" * 4000, b"a" * 5000, b"NOOP " + b"b" * 100_000], ids=repr_short)
def test_malformed(user, line):
    with hardship(user, mib=1):
        lmtp = user.service.lmtp_client()
        code, _ = lmtp.say(line.decode("utf-8", "surrogateescape"))
        assert 500 <= code < 560, code
        assert lmtp.say("NOOP")[0] == 250


def test_out_of_order(user):
    with hardship(user):
        lmtp = user.service.lmtp_client(hello=None)
        for line in ("MAIL FROM:<a@b>", f"RCPT TO:<{user.name}>", "DATA"):
            assert 500 <= lmtp.say(line)[0] < 560, line
        lmtp.say("LHLO x")
        assert lmtp.say("RCPT TO:<x>")[0] == 503 and lmtp.say("DATA")[0] == 503
        assert lmtp.say("MAIL FROM:<a@b>")[0] == 250
        assert lmtp.say("MAIL FROM:<a@b>")[0] == 503
        assert lmtp.say("DATA")[0] in (503, 554)
        assert lmtp.say("RCPT TO:<nobody-at-all>")[0] == 550
        assert lmtp.say("DATA")[0] in (503, 554)


@pytest.mark.parametrize("path", ["\0", "a\0b", "\xff", "a" * 400, "../../etc/passwd", "a b", '"', '"\\', "@", "<", "<>", "+", "+x", "a+" + "b/" * 1000,
                                  "%s+\0", "%s+" + "x" * 2000, "%s+../..", "%s+INBOX/" + "y/" * 200, "@a,@b:%s", '"%s', "%s@" + "d" * 300])
def test_recipients(user, path):
    """A refusal, or the folder that a `+` may name; never another mailbox than one of theirs."""
    with hardship(user, mib=1):
        lmtp = user.service.lmtp_client()
        assert lmtp.say("MAIL FROM:<>")[0] == 250
        code, _ = lmtp.say(f"RCPT TO:<{path.replace('%s', user.name)}>")
        assert code == 250 or 450 <= code < 560
        assert lmtp.say("RSET")[0] == 250


def test_endless_line(user):
    with hardship(user, mib=1):
        lmtp = user.service.lmtp_client()
        for _ in range(20):
            lmtp.wire.send(b"NOOP " * (MIB // 5))
        assert lmtp.say("")[0] == 500
        assert lmtp.say("NOOP")[0] == 250


def test_nonsense_for_ever(user):
    """Answered as long as somebody listens; at some point we may hang up."""
    with hardship(user, mib=1):
        lmtp = user.service.lmtp_client()
        lmtp.wire.send(b"NONSENSE\r\n" * 5000)
        said = 0
        try:
            while said < 5000:
                code, _ = lmtp.answer()
                assert code in (500, 421)
                said += 1
        except Closed:
            assert said >= 10


# ---- messages ----

def test_long_line(user):
    """20 MB without a line end, kept as they are."""
    mail = b"Subject: long\r\n\r\n" + b"l" * 20_000_000 + b"\r\n"
    with hardship(user, mib=6):
        lmtp = begin(user)
        data(lmtp, mail + b".\r\n")
        assert lmtp.answer()[0] == 250
        assert stored(user) == [mail]


# What is sent after DATA, and what is stored: only CRLF.CRLF ends it (RFC 5321 4.1.1.4, 2.3.8: bare CR and LF are data).
DOTS = [
    (b".\r\n", b""), (b"a\r\n.\r\n", b"a\r\n"), (b"..\r\n.\r\n", b".\r\n"), (b"...\r\n.\r\n", b"..\r\n"), (b".a\r\n.\r\n", b"a\r\n"),
    (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n"), (b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n"), (b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n"), (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n"),
    (b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n"), (b"a\r\r\n.\r\n", b"a\r\r\n"), (b"a\n\r\n.\r\n", b"a\n\r\n"), (b"a\r\n.\r\r\n.\r\n", b"a\r\n\r\r\n"),
    (b"\0\0\r\n..\0\r\n.\r\n", b"\0\0\r\n.\0\r\n"), (b"\xff\xfe\r\n.\r\n", b"\xff\xfe\r\n"), (b"a\r\n. \r\n.\r\n", b"a\r\n \r\n"), (b"\n.\n\r\n.\r\n", b"\n.\n\r\n"),
]


@pytest.mark.parametrize("cut", [False, True])
def test_dots(user, cut):
    with hardship(user):
        for raw, _ in DOTS:
            lmtp = begin(user)
            assert lmtp.say("DATA")[0] == 354
            for piece in ([bytes([b]) for b in raw] if cut else [raw]):
                lmtp.wire.send(piece)
            assert lmtp.answer()[0] == 250, raw
            assert lmtp.say("NOOP")[0] == 250, raw           # nothing was left over to be taken for a command
            lmtp.close()
        assert stored(user) == [mail for _, mail in DOTS]


def test_smuggled(user):
    """A second message hidden behind a false end stays inside the first."""
    hidden = b"MAIL FROM:<evil@test.example>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: evil\r\n\r\n" % user.name.encode()
    with hardship(user):
        for n, end in enumerate((b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n"), 1):
            lmtp = begin(user)
            data(lmtp, b"Subject: good\r\n\r\nx" + end + hidden + b"\r\n.\r\n")
            assert lmtp.answer()[0] == 250
            assert lmtp.say("NOOP")[0] == 250
            assert len(stored(user)) == n, end
        assert all(mail.startswith(b"Subject: good") for mail in stored(user))


def test_gone_in_the_middle(user):
    with hardship(user):
        for raw in (b"", b"Subject: cut", b"Subject: cut\r\n\r\n" + b"x" * 3_000_000, b"Subject: cut\r\n.", b"Subject: cut\r\n.\r"):
            lmtp = begin(user)
            data(lmtp, raw)
            lmtp.close()
        lmtp = begin(user)
        lmtp.wire.send(b"BDAT 1000000 LAST\r\n" + b"x" * 999_999)
        lmtp.close()
        assert stored(user) == []


# ---- BDAT ----

@pytest.mark.parametrize("chunk", ["", "x", "-1 LAST", "1x LAST", "1 FIRST", "1 LAST LAST", "LAST", "1.5", "18446744073709551616 LAST", "0x10", "\0"])
def test_bdat_nonsense(user, chunk):
    """How many bytes follow nobody knows, so that no later byte may be taken for a command: told, and hung up."""
    with hardship(user):
        lmtp = begin(user)
        assert 500 <= lmtp.say(f"BDAT {chunk}".rstrip(" "))[0] < 560
        with pytest.raises(Closed):
            lmtp.answer()
        assert stored(user) == []


def test_bdat_huge(user):
    """More than any message may have: refused, and either read away or hung up on; never stored."""
    with hardship(user, mib=1):
        for n in (257 * MIB, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1):
            lmtp = begin(user)
            lmtp.wire.send(b"BDAT %d LAST\r\n" % n + b"z" * 1000)
            lmtp.close()
        assert stored(user) == []


def test_bdat_and_data(user):
    """Not both in one transaction (RFC 3030 3)."""
    with hardship(user):
        lmtp = begin(user)
        lmtp.wire.send(b"BDAT 3\r\na: ")
        assert lmtp.answer()[0] == 250
        assert lmtp.say("DATA")[0] == 503
        assert lmtp.say("RSET")[0] == 250
        lmtp.wire.send(b"BDAT 4 LAST\r\nabcd")
        assert lmtp.answer()[0] == 503                       # without a transaction; its four bytes are no command
        assert lmtp.say("NOOP")[0] == 250
        lmtp = begin(user)
        lmtp.wire.send(b"BDAT 0\r\n" * 5000 + b"BDAT 1\r\nx" * 5000 + b"BDAT 0 LAST\r\n")
        answers = [lmtp.answer()[0] for _ in range(10_001)]
        assert set(answers) == {250}
        assert stored(user) == [b"x" * 5000]


# ---- sizes and crowds ----

def test_size_lies(user):
    with hardship(user, mib=2):
        lmtp = user.service.lmtp_client()
        assert lmtp.say(f"MAIL FROM:<a@b> SIZE={300 * MIB}")[0] == 552
        assert lmtp.say("MAIL FROM:<a@b> SIZE=18446744073709551615")[0] == 552
        assert lmtp.say("MAIL FROM:<a@b> SIZE=1")[0] == 250          # a lie; what comes counts
        assert lmtp.say(f"RCPT TO:<{user.name}>")[0] == 250
        mail = b"Subject: larger than it said\r\n\r\n" + b"x\r\n" * 100_000
        data(lmtp, mail + b".\r\n")
        assert lmtp.answer()[0] == 250
        assert stored(user) == [mail]


def test_too_large(private):
    """Read away to its end, refused, and the connection is kept."""
    service = private("max_message_bytes = 1MiB")
    user = service.user_add("ann")
    with hardship(user, mib=2):
        lmtp = begin(user)
        data(lmtp, (b"y" * 998 + b"\r\n") * 20_000 + b".\r\n")
        assert lmtp.answer()[0] == 552
        assert lmtp.say("MAIL FROM:<a@b>")[0] == 250
        assert lmtp.say(f"RCPT TO:<{user.name}>")[0] == 250
        lmtp.wire.send(b"BDAT 20000000 LAST\r\n" + b"z" * 20_000_000)
        assert lmtp.answer()[0] == 552
        assert lmtp.say("NOOP")[0] == 250
        assert stored(user) == []


def test_five_thousand_recipients(user):
    """All of them nobody, and all of them one: each has its answer, and the one has each message or a refusal."""
    with hardship(user, seconds=20, mib=16):
        lmtp = user.service.lmtp_client()
        lmtp.wire.send(b"MAIL FROM:<a@b>\r\n" + b"".join(b"RCPT TO:<nobody%d>\r\n" % i for i in range(5000)))
        answers = [lmtp.answer()[0] for _ in range(5001)]
        assert answers[0] == 250 and set(answers[1:]) <= {550, 452}
        lmtp.say("RSET")
        lmtp.wire.send(b"MAIL FROM:<a@b>\r\n" + b"RCPT TO:<%s>\r\n" % user.name.encode() * 5000)
        answers = [lmtp.answer()[0] for _ in range(5001)]
        assert set(answers) <= {250, 452}
        accepted = answers[1:].count(250)
        assert accepted >= 1000                              # RFC 5321 4.5.3.1.8 asks for 100, ours is a thousand
        data(lmtp, b"Subject: crowd\r\n\r\nx\r\n.\r\n")
        assert {lmtp.answer()[0] for _ in range(accepted)} == {250}
        a = user.client("a")
        assert a.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] in (1, accepted)


def test_slow_words(user):
    """A byte at a time, and nobody else waits."""
    with hardship(user):
        slow = user.service.lmtp_client(hello=None)
        for byte in f"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<{user.name}>\r\n".encode():
            slow.wire.send(bytes([byte]))
        assert [slow.answer()[0] for _ in range(3)] == [250] * 3
