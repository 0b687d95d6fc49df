"""Python's imaplib, all of it that concerns what we speak."""
import imaplib
import re
import ssl

import pytest

from mails import letter


@pytest.fixture
def imap(service, user):
    client = imaplib.IMAP4(*service.imap, timeout=20)
    client.login(user.name, user.password)
    yield client
    client.logout()


def ok(answer):
    """The data of an answer that must be OK."""
    kind, data = answer
    assert kind == "OK", answer
    return data


def fill(imap, *subjects, flags=None):
    for subject in subjects:
        ok(imap.append("INBOX", flags, None, letter(subject, f"body of {subject}")))


def test_ways_in(service, user, certificate):
    trust = ssl.create_default_context(cafile=certificate)
    plain = b"\0" + user.name.encode() + b"\0" + user.password.encode()

    def inside(client):
        client.login(user.name, user.password)
        ok(client.select())
        assert client.logout()[0] == "BYE"
    inside(imaplib.IMAP4(*service.imap))
    inside(imaplib.IMAP4_SSL("localhost", service.imaps[1], ssl_context=trust))
    client = imaplib.IMAP4("localhost", service.imap[1])
    ok(client.starttls(trust))
    inside(client)
    client = imaplib.IMAP4(*service.imap)
    ok(client.authenticate("PLAIN", lambda _: plain))
    ok(client.noop())
    assert client.logout()[0] == "BYE"


def test_refused(service, user):
    client = imaplib.IMAP4(*service.imap)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login(user.name, "wrong")
    client.logout()


def names(listed):
    return sorted(line.split()[-1].strip(b'"') for line in ok(listed) if line)


def test_mailboxes(imap):
    ok(imap.create("One"))
    ok(imap.create("Two/Deep"))
    ok(imap.subscribe("One"))
    assert names(imap.lsub()) == [b"One"]
    ok(imap.unsubscribe("One"))
    assert names(imap.lsub()) == []
    ok(imap.rename("One", "Uno"))
    assert names(imap.list()) == [b"INBOX", b"Two", b"Two/Deep", b"Uno"]
    assert names(imap.list('""', "Two/%")) == [b"Two/Deep"]
    ok(imap.delete("Uno"))
    assert imap.delete("Uno")[0] == "NO"
    assert ok(imap.namespace())[0].startswith(b'(("" "/"))')


def test_select_and_status(imap):
    fill(imap, "one", "two")
    assert ok(imap.select()) == [b"2"]
    assert imap.response("UIDVALIDITY")[1][0].isdigit()
    assert imap.response("RECENT")[1] == [b"2"] and imap.recent() == ("OK", [None])
    status, = ok(imap.status("INBOX", "(MESSAGES UNSEEN UIDNEXT)"))
    assert sorted(re.findall(rb"\w+ \d+", status)) == [b"MESSAGES 2", b"UIDNEXT 3", b"UNSEEN 2"]
    ok(imap.check())
    ok(imap.unselect())
    ok(imap.select(readonly=True))
    assert imap.store("1", "+FLAGS", "\\Seen")[0] == "NO"
    assert imap.select("nowhere")[0] == "NO"


def test_messages(imap):
    fill(imap, "one", "two", "three")
    ok(imap.select())
    assert ok(imap.search(None, "SUBJECT", "t")) == [b"2 3"]
    imap.literal = "body of".encode()
    assert ok(imap.uid("SEARCH", "CHARSET", "UTF-8", "BODY")) == [b"1 2 3"]
    rows = ok(imap.fetch("1:2", "(UID RFC822.SIZE BODY.PEEK[])"))
    assert ok(imap.fetch("1", "(BINARY.SIZE[1] BINARY.SIZE[2])")) == [b"1 (BINARY.SIZE[1] 13 BINARY.SIZE[2] 0)"]
    assert [row[1] for row in rows[::2]] == [letter("one", "body of one"), letter("two", "body of two")]
    assert b"\\Answered" in ok(imap.store("1", "+FLAGS", "\\Answered"))[0]
    assert b"kw" in ok(imap.uid("STORE", "2", "+FLAGS", "(kw)"))[0]
    ok(imap.create("Copies"))
    ok(imap.copy("1:2", "Copies"))
    assert imap.response("COPYUID")[1][0].endswith(b" 1:2 1:2")
    ok(imap.uid("MOVE", "3", "Copies"))
    assert imap.response("EXPUNGE")[1] == [b"3"]
    assert ok(imap.search(None, "ALL")) == [b"1 2"]
    ok(imap.store("1", "+FLAGS.SILENT", "\\Deleted"))
    assert ok(imap.expunge()) == [b"1"]
    ok(imap.store("1", "+FLAGS", "\\Deleted"))
    ok(imap.close())
    assert ok(imap.select()) == [b"0"]
    assert ok(imap.select("Copies")) == [b"3"]


def test_appended_as_given(imap):
    date = '"02-Mar-2026 10:11:12 +0100"'
    mail = b"Subject: 8-bit\r\n\r\n" + bytes(range(1, 256)).replace(b"\r", b"").replace(b"\n", b"") * 1000 + b"\r\n"
    ok(imap.append("INBOX", "\\Seen kw", date, mail))
    ok(imap.select())
    (words, got), end = ok(imap.fetch("1", "(FLAGS INTERNALDATE BODY[])"))
    assert got == mail
    assert b"kw" in words and b"\\Seen" in words
    assert imaplib.Internaldate2tuple(words) == imaplib.Internaldate2tuple(b'INTERNALDATE ' + date.encode())


def test_enable_and_others(imap):
    ok(imap.enable("CONDSTORE"))
    ok(imap.xatom("ID", "NIL"))
    ok(imap.capability())
    assert "IMAP4REV1" in imap.capabilities


def test_quota(imap):
    root = re.search(rb'"?([^" ]+)"?$', ok(imap.getquotaroot("INBOX"))[0][0]).group(1).decode()
    assert ok(imap.getquota(root)) == [f"{root} ()".encode()]


@pytest.mark.parametrize("call", [
    lambda imap: imap.sort("DATE", "UTF-8", "ALL"), lambda imap: imap.thread("REFERENCES", "UTF-8", "ALL"),
    lambda imap: imap.getacl("INBOX"), lambda imap: imap.partial("1", "BODY[]", "1", "2"),
])
def test_not_ours(imap, call):
    """What no capability promises is BAD, and the connection lives."""
    ok(imap.select())
    with pytest.raises(imaplib.IMAP4.error, match="BAD"):
        call(imap)
    ok(imap.noop())
