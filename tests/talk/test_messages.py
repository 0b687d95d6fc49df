"""Copies and moves, keywords, saved searches, parts: what one client does to messages and another sees."""
import pytest

from client import parse
from mails import MIXED, letter


@pytest.fixture
def four(user):
    a, b = user.apart("a", "b")
    for i in range(1, 5):
        a.append(mail=letter(f"m{i}"), flags="\\Seen" if i % 2 else "word")
    a.ok("CREATE other")
    b.ok("NOOP")
    return a, b


def uids(client):
    return [m["UID"] for m in client.ok("UID FETCH 1:* (UID)").fetched.values()]


# ---- UIDPLUS, MOVE ----

@pytest.mark.cap("UIDPLUS")
def test_copyuid(four):
    a, _ = four
    validity = a.ok("STATUS other (UIDVALIDITY)").status["other"]["UIDVALIDITY"]
    assert a.ok("COPY 2,4 other").code("COPYUID") == f"{validity} 2,4 1:2"
    assert a.ok("UID COPY 1,99 other").code("COPYUID") == f"{validity} 1 3"
    assert a.ok("UID COPY 99 other").tagged_code is None
    assert a.ok("APPEND other", letter()).code("APPENDUID") == f"{validity} 4"


def test_copy_carries_flags_date_and_bytes(four):
    a, b = four
    date = a.ok("FETCH 2 INTERNALDATE").fetched[2]["INTERNALDATE"]
    a.ok("COPY 2 other")
    got = b.ok("SELECT other") and b.ok("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])").fetched[1]
    assert "word" in got["FLAGS"] and got["INTERNALDATE"] == date and got["BODY[]"] == letter("m2")


@pytest.mark.cap("MOVE")
def test_move(four):
    a, b = four
    validity = a.ok("STATUS other (UIDVALIDITY)").status["other"]["UIDVALIDITY"]
    reply = a.ok("MOVE 2:3 other")
    kinds = reply.kinds()
    assert reply.code("COPYUID") == f"{validity} 2:3 1:2"
    assert kinds.index("OK") < kinds.index("EXPUNGE")
    assert reply.expunged in ([3, 2], [2, 2])
    assert b.ok("NOOP").expunged in ([3, 2], [2, 2])
    assert uids(a) == [1, 4]
    assert a.ok("STATUS other (MESSAGES)").status["other"]["MESSAGES"] == 2


def test_move_into_itself(four):
    a, _ = four
    a.ok("MOVE 1 INBOX")
    a.ok("NOOP")
    assert uids(a) == [2, 3, 4, 5]


def test_uid_move_heard_by_an_idler_there(four):
    a, b = four
    b.select("other")
    with b.idle():
        a.ok("UID MOVE 1:4 other")
        b.expect("* 4 EXISTS")


# ---- flags and keywords ----

def test_store_modes(four):
    a, b = four
    a.store(1, "FLAGS (\\Answered x)")
    assert b.ok("FETCH 1 FLAGS").flags[1] - {"\\Recent"} == {"\\Answered", "x"}
    a.store(1, "+FLAGS (\\Flagged)")
    a.store(1, "-FLAGS (x nothing)")
    assert b.ok("FETCH 1 FLAGS").flags[1] - {"\\Recent"} == {"\\Answered", "\\Flagged"}
    a.store(1, "FLAGS ()")
    assert b.ok("FETCH 1 FLAGS").flags[1] - {"\\Recent"} == set()


def test_keyword_case_is_kept_and_ignored(four):
    a, b = four
    a.store(1, "+FLAGS ($Forwarded)")
    a.store(2, "+FLAGS ($FORWARDED)")
    assert "$Forwarded" in b.ok("FETCH 2 FLAGS").flags[2]
    assert b.ok("SEARCH KEYWORD $forwarded").found == [1, 2]
    assert b.ok("SEARCH UNKEYWORD $forwarded").found == [3, 4]


def test_seen_by_fetch(four):
    a, b = four
    reply = a.ok("FETCH 2 BODY[TEXT]")
    assert "\\Seen" in reply.flags[2]
    assert "\\Seen" in b.ok("NOOP").flags[2]
    assert 4 not in a.ok("FETCH 4 BODY.PEEK[TEXT]").flags


def test_a_thousand_keywords_and_then_the_limit(user):
    a, b = user.apart("a", "b")
    a.append()
    n = 0
    while True:
        reply = a.do(f"STORE 1 +FLAGS.SILENT ({' '.join(f'k{n + i}' for i in range(50))})")
        if reply.status_word != "OK":
            break
        n += 50
        assert n < 100_000
    assert n >= 1000
    assert reply.tagged_code == "LIMIT"
    while a.do(f"STORE 1 +FLAGS.SILENT (single{n})").status_word == "OK":
        n += 1
    permanent = a.select().code("PERMANENTFLAGS")
    assert "\\*" not in permanent and "k999" in permanent
    a.no("STORE 1 +FLAGS (onemore)", code="LIMIT")
    a.no("APPEND INBOX (onemore)", letter(), code="LIMIT")
    a.store(1, "-FLAGS.SILENT (k3)")
    a.store(1, "+FLAGS.SILENT (K3)")
    b.ok("NOOP")
    assert len([f for f in b.ok("FETCH 1 FLAGS").flags[1] if not f.startswith("\\")]) == n


# ---- searches ----

@pytest.mark.cap("ESEARCH")
def test_esearch(four):
    a, _ = four
    assert a.ok("SEARCH RETURN (MIN MAX COUNT ALL) SEEN").esearch == {"UID": False, "MIN": 1, "MAX": 3, "COUNT": 2, "ALL": "1,3"}
    assert a.ok("UID SEARCH RETURN () SEEN").esearch == {"UID": True, "ALL": "1,3"}
    assert a.ok("SEARCH RETURN (MIN COUNT) SUBJECT nowhere").esearch == {"UID": False, "COUNT": 0}
    assert a.ok("SEARCH SEEN").found == [1, 3]


@pytest.mark.cap("SEARCHRES")
def test_saved_search(four):
    a, b = four
    assert not a.ok("SEARCH RETURN (SAVE) SEEN").of("ESEARCH")
    assert sorted(a.ok("FETCH $ (UID)").fetched) == [1, 3]
    b.expunge(1)                               # a's set is of UIDs, and shrinks when a is told
    a.ok("NOOP")
    assert [m["UID"] for m in a.ok("FETCH $ (UID)").fetched.values()] == [3]
    assert a.ok("SEARCH $").found == [2]
    assert a.ok("UID SEARCH $ SEEN").found == [3]
    a.ok("UID STORE $ +FLAGS (\\Flagged)")
    a.ok("COPY $ other")
    assert a.ok("STATUS other (MESSAGES)").status["other"]["MESSAGES"] == 1
    a.ok("SEARCH RETURN (SAVE MIN) 1:3")
    assert list(a.ok("FETCH $ UID").fetched) == [1]
    assert a.ok("SEARCH RETURN (SAVE COUNT) 1:2").esearch["COUNT"] == 2
    assert sorted(a.ok("FETCH $ UID").fetched) == [1, 2]
    a.no("SEARCH RETURN (SAVE) CHARSET NO-SUCH-CHARSET SUBJECT x")
    assert a.ok("FETCH $ UID").fetched == {}
    a.select("other")
    assert a.ok("UID FETCH $ UID").fetched == {}


def test_saved_search_stays_when_nothing_is_saved(four):
    a, _ = four
    a.ok("SEARCH RETURN (SAVE) 2")
    a.ok("SEARCH 1:*")
    assert list(a.ok("FETCH $ UID").fetched) == [2]
    a.ok("UID MOVE $ other")
    assert uids(a) == [1, 3, 4]


def test_search_keys(four):
    a, _ = four
    for keys, found in {
        "ALL": [1, 2, 3, 4], "SEEN": [1, 3], "UNSEEN": [2, 4], "KEYWORD word": [2, 4], "NOT 1": [2, 3, 4],
        "OR 1 SUBJECT m4": [1, 4], "UID 2:3": [2, 3], "SUBJECT M2": [2], "HEADER Subject m3": [3],
        "FROM ann": [1, 2, 3, 4], "TO nobody": [], "BODY bod": [1, 2, 3, 4], "TEXT m1": [1], "LARGER 10": [1, 2, 3, 4],
        "SMALLER 10": [], "SENTON 2-Mar-2026": [1, 2, 3, 4], "SENTBEFORE 2-Mar-2026": [], "SENTSINCE 2-Mar-2026": [1, 2, 3, 4],
        "(1:2 2:3)": [2], "1,3:*": [1, 3, 4], "UNDELETED": [1, 2, 3, 4], "HEADER X-None \"\"": [],
        "CHARSET UTF-8 SUBJECT m1": [1],
    }.items():
        assert a.ok(f"SEARCH {keys}").found == found, keys


def test_search_badcharset(four):
    a, _ = four
    assert a.no("SEARCH CHARSET NO-SUCH-CHARSET SUBJECT x").tagged_code.startswith("BADCHARSET")


# ---- parts ----

@pytest.fixture
def mixed(user):
    a = user.client("a", "INBOX")
    a.append(mail=MIXED)
    return a


@pytest.mark.cap("BINARY")
def test_binary_fetch(mixed):
    assert mixed.ok("FETCH 1 BINARY.PEEK[1]").fetched[1]["BINARY[1]"] in ("café", "café".encode())
    reply = mixed.ok("FETCH 1 BINARY.PEEK[2]")
    assert reply.fetched[1]["BINARY[2]"] == bytes(range(8))
    assert "~{8}" in reply.lines[0].text
    assert mixed.ok("FETCH 1 BINARY.SIZE[2]").fetched[1]["BINARY.SIZE[2]"] == 8
    reply = mixed.ok("FETCH 1 BINARY.PEEK[2]<2.3>")
    assert list(reply.fetched[1].values())[0] == bytes([2, 3, 4])
    assert "\\Seen" not in mixed.ok("FETCH 1 FLAGS").flags[1]
    mixed.ok("FETCH 1 BINARY[2]")
    assert "\\Seen" in mixed.ok("FETCH 1 FLAGS").flags[1]


def test_unknown_cte(mixed):
    mixed.no("FETCH 1 BINARY.PEEK[3]", code="UNKNOWN-CTE")
    mixed.no("FETCH 1 BINARY.SIZE[3]", code="UNKNOWN-CTE")
    assert mixed.ok("FETCH 1 BODY.PEEK[3]").fetched[1]["BODY[3]"] in ("????", b"????")


def test_broken_base64_keeps_the_connection(user):
    a = user.client("a", "INBOX")
    a.append(mail=b"Content-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\nAAEC!!!!=A\r\n")
    assert a.do("FETCH 1 BINARY.PEEK[1]").status_word in ("OK", "NO")
    a.ok("NOOP")


def test_binary_append(user):
    a = user.client("a", "INBOX")
    body = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\x01\x02\xff\r\n"
    a.wire.send(b"z APPEND INBOX ~{%d+}\r\n" % len(body) + body + b"\r\n")
    assert a.reply("z").status_word == "OK"
    assert a.ok("FETCH 1 BINARY.PEEK[1]").fetched[1]["BINARY[1]"] == b"\x00\x01\x02\xff\r\n"
    assert a.ok("FETCH 1 RFC822.SIZE").fetched[1]["RFC822.SIZE"] == len(body)


def test_sections_and_partials(mixed):
    got = mixed.ok("FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1.MIME] BODY.PEEK[]<0.9> BODY.PEEK[]<999999.5>)").lines[0]
    assert b"Subject: parts\r\n\r\n" in got.raw and b"From: Ann" in got.raw
    assert b"Content-Transfer-Encoding: quoted-printable" in got.raw
    got = mixed.ok("FETCH 1 (RFC822.SIZE BODYSTRUCTURE)").fetched[1]
    assert got["RFC822.SIZE"] == len(MIXED)
    assert [part[1].lower() for part in got["BODYSTRUCTURE"][:3]] == ["plain", "octet-stream", "x-odd"]


def test_envelope_words(four):
    a, _ = four
    envelope = a.ok("FETCH 1 ENVELOPE").fetched[1]["ENVELOPE"]
    assert envelope[1] == "m1" and envelope[2] == [["Ann", None, "ann", "test.example"]]


def test_macros(four):
    a, _ = four
    assert set(a.ok("FETCH 1 ALL").fetched[1]) == {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"}
    assert set(a.ok("FETCH 1 FAST").fetched[1]) == {"FLAGS", "INTERNALDATE", "RFC822.SIZE"}
    assert set(a.ok("FETCH 1 FULL").fetched[1]) == {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"}


def test_append_date(user):
    a = user.client("a", "INBOX")
    a.ok('APPEND INBOX (\\Draft) "07-Feb-1994 21:52:25 -0800"', letter())
    assert a.ok("FETCH 1 INTERNALDATE").fetched[1]["INTERNALDATE"] in ("07-Feb-1994 21:52:25 -0800", " 8-Feb-1994 05:52:25 +0000")
    assert a.ok("SEARCH ON 8-Feb-1994").found == [1] or a.ok("SEARCH ON 7-Feb-1994").found == [1]
    assert a.ok("SEARCH BEFORE 1-Jan-2000 DRAFT").found == [1]


def test_the_parser_of_these_tests():
    """Words as they are: the other tests believe in it."""
    assert parse(b'* 1 FETCH (BODY[HEADER.FIELDS (A B)] {2}\r\nx) "q\\"" NIL 7)') == \
        ["*", 1, "FETCH", ["BODY[HEADER.FIELDS (A B)]", b"x)", 'q"', None, 7]]
