"""Mail that nobody should write: everything is stored octet for octet, and described in bounded time and memory."""
import pytest

from client import SLOW
from hardship import MIB, deliver_once, hardship

DEEP = 10_000
ITEMS = "(UID RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[1] BODY.PEEK[TEXT]<0.10>)"


def multiparts(n):
    """Each holds the next, each with its own boundary, and none is closed."""
    levels = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(n)]
    return b"Subject: deep\r\n" + b"".join(levels) + b"\r\nbottom\r\n"


def closed_multiparts(n):
    ends = [b"--b%d--\r\n" % i for i in reversed(range(n))]
    return multiparts(n) + b"".join(ends)


def same_boundary(n):
    return b"Subject: deep\r\n" + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * n + b"\r\nbottom\r\n--b--\r\n"


def forwards(n):
    return b"Subject: deep\r\n" + b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n" * n + b"\r\nbottom\r\n"


def digests(n):
    level = b"Content-Type: multipart/digest; boundary=b%d\r\n\r\n--b%d\r\n\r\nSubject: inner\r\n"
    return b"Subject: deep\r\n" + b"".join(level % (i, i) for i in range(n)) + b"\r\nbottom\r\n"


def parts(n):
    return (b"Subject: deep\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
            b"".join(b"--b\r\nContent-Type: text/x-p%d\r\n\r\n%d\r\n" % (i, i) for i in range(n)) + b"--b--\r\n")


def fields(n):
    return b"Subject: deep\r\n" + b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(n)) + b"\r\nbody\r\n"


def same_fields(n):
    return b"Subject: deep\r\n" + b"".join(b"To: a%d@test.example\r\n" % i for i in range(n)) + b"\r\nbody\r\n"


def one_line(n_bytes, name=b"X-Long"):
    return b"Subject: deep\r\n" + name + b": " + b"v" * n_bytes + b"\r\n\r\nbody\r\n"


def folded(n_bytes, name=b"X-Long"):
    return b"Subject: deep\r\n" + name + b": " + b"v\r\n " * (n_bytes // 4) + b"\r\n\r\nbody\r\n"


def addresses(n_bytes, one):
    return b"Subject: deep\r\nTo: " + one * (n_bytes // len(one)) + b"x@test.example\r\n\r\nbody\r\n"


def parameters(n, form):
    return b"Subject: deep\r\nContent-Type: text/plain" + b"".join(form % i for i in range(n)) + b"\r\n\r\nbody\r\n"


MAILS = {
    "multipart": lambda: multiparts(DEEP), "multipart-closed": lambda: closed_multiparts(DEEP), "multipart-same": lambda: same_boundary(DEEP),
    "rfc822": lambda: forwards(DEEP), "digest": lambda: digests(DEEP), "parts": lambda: parts(DEEP),
    "fields": lambda: fields(100_000), "same-fields": lambda: same_fields(100_000),
    "line": lambda: one_line(10_000_000), "line-subject": lambda: one_line(10_000_000, b"Subject"), "line-to": lambda: one_line(10_000_000, b"To"),
    "line-type": lambda: one_line(10_000_000, b"Content-Type"), "folded": lambda: folded(10_000_000),
    "folded-references": lambda: folded(10_000_000, b"References"), "folded-to": lambda: folded(10_000_000, b"To"),
    "name": lambda: b"Subject: deep\r\n" + b"N" * 10_000_000 + b": v\r\n\r\nbody\r\n",
    "no-colon": lambda: b"Subject: deep\r\n" + b"no colon here\r\n" * 700_000 + b"\r\nbody\r\n",
    "comments": lambda: addresses(1_000_000, b"("), "groups": lambda: addresses(1_000_000, b"g:"), "angles": lambda: addresses(1_000_000, b"<"),
    "quotes": lambda: addresses(1_000_000, b'"\\'), "commas": lambda: addresses(10_000_000, b","), "routes": lambda: addresses(1_000_000, b"<@a,"),
    "many-to": lambda: addresses(5_000_000, b"a@b.c,"),
    "words": lambda: b"Subject: deep" + b" =?utf-8?q?=c3?=" * 300_000 + b"\r\n\r\nbody\r\n",
    "parameters": lambda: parameters(50_000, b"; p%d=v"), "continued": lambda: parameters(50_000, b"; p*%d*=%%c3%%a9"),
    "same-parameter": lambda: parameters(50_000, b"; p=%d"),
    "boundary": lambda: b"Subject: deep\r\nContent-Type: multipart/mixed; boundary=\"" + b"b" * 1_000_000 + b"\"\r\n\r\n--" + b"b" * 1_000_000 + b"\r\n\r\nx\r\n",
    "dashes": lambda: parts(1) + b"--\r\n" * 1_000_000, "almost": lambda: parts(1).replace(b"--b--\r\n", b"") + b"--c\r\n" * 1_000_000,
    "nuls": lambda: b"\0" * 5_000_000, "newlines": lambda: b"Subject: deep\n" + b"\n" * 5_000_000, "returns": lambda: b"\r" * 5_000_000,
    "no-end": lambda: b"body without a single line end " * 200_000, "empty-header": lambda: b"\r\n" * 2_000_000,
}


def fed(c, mail):
    """APPEND, in pieces; as literal8, which may hold anything."""
    c.wire.send(b"x APPEND INBOX ~{%d+}\r\n" % len(mail))
    c.wire.send(mail)
    c.wire.send(b"\r\n")
    return c.reply("x")


@pytest.mark.parametrize("name", MAILS)
def test_mail(user, name):
    """Comes in, is described, is searched, and comes out as it was."""
    mail = MAILS[name]()
    with hardship(user, seconds=12, mib=64):
        a = user.client("a", "INBOX")
        assert fed(a, mail).status_word == "OK"
        said = a.do(f"FETCH 1 {ITEMS}")
        assert said.status_word == "OK" and said.fetched[1]["RFC822.SIZE"] == len(mail)
        assert a.do("SEARCH OR SUBJECT nosuchword TEXT nosuchwordeither").status_word == "OK"
        assert a.ok("FETCH 1 BODY.PEEK[]").fetched[1]["BODY[]"] == mail


@pytest.mark.parametrize("name", ["multipart", "rfc822", "line", "fields", "parts"])
def test_by_lmtp(user, name):
    mail = MAILS[name]()
    with hardship(user, seconds=12, mib=64):
        (code, text), = deliver_once(user, user.name, mail)
        assert code == 250, text
        a = user.client("a", "INBOX")
        assert a.ok(f"FETCH 1 {ITEMS}").fetched
        assert a.ok("FETCH 1 BODY.PEEK[]").fetched[1]["BODY[]"].endswith(mail)


def test_deep_parts_can_be_asked_for(user):
    """However deep: a part, or NIL, or a refusal; and soon."""
    with hardship(user, seconds=12, mib=64):
        a = user.client("a", "INBOX")
        fed(a, multiparts(DEEP))
        fed(a, forwards(DEEP))
        for depth in (1, 10, 100, 1000, 9_999, 20_000):
            path = ".".join(["1"] * depth)
            for section in (path, f"{path}.MIME", f"{path}.HEADER", f"{path}.TEXT"):
                assert a.do(f"FETCH 1:2 BODY.PEEK[{section}]").status_word in ("OK", "BAD", "NO")


def test_a_header_of_ten_megabytes_many_times(user):
    """Hundred clients of one user ask for what is dear to compute: neighbours do not wait, memory does not pile up."""
    with hardship(user, seconds=30, mib=64):
        a = user.client("a", "INBOX")
        fed(a, folded(10_000_000, b"To"))
        askers = [user.client(f"c{i}", "INBOX") for i in range(20)]
        tags = [c.start("FETCH 1 (ENVELOPE BODY.PEEK[HEADER.FIELDS (To)]<0.100>)") for c in askers]
        for _ in range(20):
            a.ok("NOOP")
        for c, tag in zip(askers, tags):
            assert c.reply(tag).status_word == "OK"
