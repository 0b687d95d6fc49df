"""The example dialogues of the RFCs, held with our server: the commands are theirs, the answers what they demand."""
import pytest

from mails import letter


@pytest.fixture
def box(user):
    """Somebody with a dozen messages, as in most examples."""
    a = user.client("a", "INBOX")
    for i in range(1, 13):
        a.append(mail=letter(f"afternoon {i}", body="IMAP4 WG mtg" if i % 5 == 0 else "other"))
    a.ok("NOOP")
    return a


# ---- RFC 3501 and RFC 9051 ----

def test_3501_8_sample_connection(user):
    a = user.service.client("a")
    user.service.deliver(user.name, letter("IMAP4rev1 WG mtg summary and minutes", body="line\r\n" * 90))
    a.ok(f"login {user.name} pw")
    assert a.ok("select inbox").tagged_code == "READ-WRITE"
    assert a.ok("fetch 1 full").fetched[1].keys() == {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"}
    header = a.ok("fetch 1 body[header]").fetched[1]["BODY[HEADER]"]
    assert header.endswith(b"\r\n\r\n") and b"IMAP4rev1 WG" in header
    assert {"\\Seen", "\\Deleted"} <= a.ok("store 1 +flags \\deleted").flags[1]
    assert a.ok("logout").of("BYE")


def test_9051_6_1_2_noop_tells(user):
    a, b = user.apart("a", "b")
    a.append()
    a.append()
    b.ok("NOOP")
    a.expunge(1)
    a.append()
    a.ok("UID STORE 2 +FLAGS (\\Seen)")
    reply = b.ok("NOOP")
    assert reply.expunged == [1] and reply.exists == 2 and "\\Seen" in reply.flags[1]


def test_9051_6_3_2_select(box):
    reply = box.ok("SELECT INBOX")
    for code in ("UIDVALIDITY", "UIDNEXT", "PERMANENTFLAGS"):
        assert reply.code(code)
    assert reply.exists == 12 and reply.of("FLAGS") and reply.tagged_code == "READ-WRITE"


def test_9051_6_3_4_create_and_delete(user):
    a = user.client("a")
    a.ok("CREATE owatagusiam/")
    a.ok("CREATE owatagusiam/blurdybloop")
    assert a.ok('LIST "" *').listed.keys() == {"INBOX", "owatagusiam", "owatagusiam/blurdybloop"}
    a.ok("DELETE owatagusiam/blurdybloop")
    a.ok("CREATE foo/bar")
    a.ok("DELETE foo")                                # it keeps its name, since it has a child
    assert "foo/bar" in a.ok('LIST "" *').listed
    a.no("DELETE foo")
    a.ok("DELETE foo/bar")


def test_9051_6_3_6_rename_inbox(user):
    a = user.client("a")
    a.append()
    a.ok("RENAME INBOX old-mail")
    a.ok("CREATE INBOX/bar")
    assert set(a.ok('LIST "" *').listed) == {"INBOX", "INBOX/bar", "old-mail"}
    assert a.ok("STATUS old-mail (MESSAGES)").status["old-mail"]["MESSAGES"] == 1


def test_9051_6_3_12_append(user):
    a = user.client("a")
    mail = (b"Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)\r\nFrom: Fred Foobar <foobar@test.example>\r\n"
            b"Subject: afternoon meeting\r\nTo: mooch@test.example\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n"
            b"Hello Joe, do you think we can meet at 3:30 tomorrow?\r\n")
    a.ok("CREATE saved-messages")
    a.wire.send(b"A003 APPEND saved-messages (\\Seen) {%d}\r\n" % len(mail))
    assert a.line().tag == "+"
    a.wire.send(mail + b"\r\n")
    assert a.reply("A003").code("APPENDUID")


def test_9051_6_4_3_expunge(box):
    box.store("3,4,7,11", "+FLAGS.SILENT (\\Deleted)")
    gone = box.ok("EXPUNGE").expunged
    left = list(range(1, 13))
    assert [left.pop(n - 1) for n in gone] in ([3, 4, 7, 11], [11, 7, 4, 3])


def test_9051_6_4_4_search(user):
    a = user.client("a", enable="IMAP4rev2")
    for i in range(3):
        a.append(flags="\\Flagged" if i else "")
    a.select()
    assert a.ok('SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"').esearch == {"UID": False, "MIN": 2, "COUNT": 2}
    assert "ALL" not in a.ok('SEARCH TEXT "string not in mailbox"').esearch


def test_9051_6_4_5_fetch(box):
    got = box.ok("FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])").fetched
    assert sorted(got) == [2, 3, 4]
    assert all(b"Subject" not in m["BODY[HEADER.FIELDS (DATE FROM)]"] for m in got.values())


def test_9051_6_4_6_store(box):
    assert all("\\Deleted" in flags for flags in box.store("2:4", "+FLAGS (\\Deleted)").flags.values())


def test_9051_6_4_9_uid_fetch(box):
    got = box.ok("UID FETCH 4:6 FLAGS").fetched
    assert [m["UID"] for m in got.values()] == [4, 5, 6]


# ---- RFC 2177 ----

def test_2177_idle(user):
    a, b = user.apart("a", "b")
    a.append()
    a.append()
    b.ok("NOOP")
    with b.idle():
        a.append()
        b.expect("* 3 EXISTS")
        a.expunge(2)
        b.expect("* 2 EXPUNGE")


# ---- RFC 4315 ----

def test_4315_uid_expunge_and_codes(box):
    box.ok("CREATE saved-messages")
    box.store("1:6", "+FLAGS.SILENT (\\Deleted)")
    assert len(box.ok("UID EXPUNGE 3:5").expunged) == 3
    validity = box.ok("STATUS saved-messages (UIDVALIDITY)").status["saved-messages"]["UIDVALIDITY"]
    assert box.ok("APPEND saved-messages (\\Seen)", letter()).code("APPENDUID") == f"{validity} 1"
    assert box.ok("COPY 2:4 saved-messages").code("COPYUID") == f"{validity} 2,6:7 2:4"


# ---- RFC 4731 ----

def test_4731_esearch(box):
    box.store("2,10:11", "+FLAGS.SILENT (\\Deleted)")
    assert box.ok("SEARCH RETURN () DELETED").esearch["ALL"] == "2,10:11"
    assert box.ok("SEARCH RETURN (MIN) DELETED").esearch == {"UID": False, "MIN": 2}
    assert box.ok("UID SEARCH RETURN (MIN MAX COUNT) DELETED").esearch == {"UID": True, "MIN": 2, "MAX": 11, "COUNT": 3}
    line = box.ok("SEARCH RETURN (MIN MAX) FROM nobody-of-that-name").of("ESEARCH")[0]
    assert line.text == f'* ESEARCH (TAG "a{box.n}")'
    assert "MODSEQ" in box.ok("SEARCH RETURN (MIN MAX) MODSEQ 1 DELETED").esearch


# ---- RFC 5182 ----

def test_5182_examples(box):
    box.store("2,10:11", "+FLAGS.SILENT (\\Flagged)")
    box.ok("SEARCH RETURN (SAVE) FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"")
    assert sorted(box.ok("FETCH $ (FLAGS)").fetched) == [2, 10, 11]
    box.ok("SEARCH RETURN (SAVE) ANSWERED")
    box.ok("COPY $ nowhere")                            # of nothing, nothing is copied and nobody minds
    box.ok("SEARCH RETURN (SAVE) 2:11 BODY mtg")
    assert box.ok("UID SEARCH UID 1:7 $").found == [5]
    assert box.ok("SEARCH OR $ 1,3").found == [1, 3, 5, 10]
    assert box.ok("SEARCH RETURN (SAVE MIN MAX) FLAGGED").esearch == {"UID": False, "MIN": 2, "MAX": 11}
    assert sorted(box.ok("FETCH $ UID").fetched) == [2, 11]


# ---- RFC 5258, 5819, 6154 ----

@pytest.fixture
def fruit(user):
    """The mailboxes of RFC 5258 section 5."""
    a = user.client("a")
    for name in ("Fruit/Apple", "Fruit/Banana", "Tofu", "Vegetable/Broccoli", "Vegetable/Corn"):
        a.ok(f"CREATE {name}")
    for name in ("Fruit/Banana", "Fruit/Peach", "INBOX", "Vegetable", "Vegetable/Broccoli"):
        a.ok(f"SUBSCRIBE {name}")
    return a


def test_5258_5_subscribed(fruit):
    got = fruit.ok('LIST (SUBSCRIBED) "" "*"').listed
    assert set(got) == {"INBOX", "Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli"}
    assert {"\\Subscribed", "\\NonExistent"} <= got["Fruit/Peach"]


def test_5258_5_children(fruit):
    got = fruit.ok('LIST () "" "%" RETURN (CHILDREN)').listed
    assert "\\HasChildren" in got["Fruit"] and "\\HasNoChildren" in got["Tofu"] and "\\HasChildren" in got["Vegetable"]


def test_5258_5_recursivematch(fruit):
    lines = {line.words[2]: line.text for line in fruit.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"').of("LIST")}
    assert set(lines) == {"INBOX", "Fruit", "Vegetable"}
    assert '("CHILDINFO" ("SUBSCRIBED"))' in lines["Fruit"] and "\\Subscribed" not in lines["Fruit"]
    assert '("CHILDINFO" ("SUBSCRIBED"))' in lines["Vegetable"] and "\\Subscribed" in lines["Vegetable"]


def test_5258_5_patterns(fruit):
    assert set(fruit.ok('LIST "" ("INBOX" "Tofu" "Vegetable/%")').listed) == \
        {"INBOX", "Tofu", "Vegetable/Broccoli", "Vegetable/Corn"}


def test_5819_3_list_status(fruit):
    fruit.append("Tofu")
    fruit.ok("CREATE Gone/child")
    fruit.ok("DELETE Gone")
    reply = fruit.ok('LIST "" % RETURN (STATUS (MESSAGES UNSEEN))')
    assert reply.status["Tofu"] == {"MESSAGES": 1, "UNSEEN": 1} and "Gone" not in reply.status and "Gone" in reply.listed


def test_6154_5_special_use(user):
    a = user.client("a")
    a.ok("CREATE MySpecial (USE (\\Drafts \\Sent))")
    a.no("CREATE Everything (USE (\\NoSuchUse))", code="USEATTR")
    assert {"\\Drafts", "\\Sent"} <= a.ok('LIST (SPECIAL-USE) "" "*"').listed["MySpecial"]
    assert {"\\Drafts", "\\Sent"} <= a.ok('LIST "" "%" RETURN (SPECIAL-USE)').listed["MySpecial"]


# ---- RFC 6851 ----

def test_6851_3_3_move(box):
    box.ok("CREATE foo")
    validity = box.ok("STATUS foo (UIDVALIDITY)").status["foo"]["UIDVALIDITY"]
    reply = box.ok("UID MOVE 5:7 foo")
    assert reply.lines[0].code == f"COPYUID {validity} 5:7 1:3"
    assert len(reply.expunged) == 3


def test_6851_move_with_qresync(user):
    a = user.client("a", enable="QRESYNC")
    for _ in range(3):
        a.append()
    a.ok("CREATE foo")
    a.select()
    reply = a.ok("UID MOVE 2:3 foo")
    assert reply.kinds()[:2] == ["OK", "VANISHED"] and reply.vanished == ["2:3"] and reply.code("HIGHESTMODSEQ")


# ---- RFC 7162 ----

def test_7162_3_1_3_conditional_store(box):
    since = box.ok("STATUS INBOX (HIGHESTMODSEQ)").status["INBOX"]["HIGHESTMODSEQ"]
    reply = box.ok(f"STORE 7,5,9 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\\Deleted)")
    assert sorted(reply.fetched) == [5, 7, 9] and all("MODSEQ" in m for m in reply.fetched.values())
    assert box.ok(f"STORE 7,9 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (Processed)").code("MODIFIED") == "7,9"
    assert box.ok("STORE 12 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)").code("MODIFIED") == "12"


def test_7162_3_2_10_vanished(user):
    a = user.client("a", enable="QRESYNC")
    for _ in range(12):
        a.append()
    a.select()
    a.store("3,4,7,11", "+FLAGS.SILENT (\\Deleted)")
    reply = a.ok("EXPUNGE")
    assert reply.vanished == ["3:4,7,11"] and reply.code("HIGHESTMODSEQ")


def test_7162_3_2_5_2_sequence_match(user):
    """Known numbers and their UIDs spare the client VANISHED about what it cannot have missed."""
    a, b = user.client("a", "INBOX"), user.client("b", enable="QRESYNC")
    for _ in range(10):
        a.append()
    a.expunge(2)
    opened = b.select()
    moment, validity = opened.code("HIGHESTMODSEQ"), opened.code("UIDVALIDITY")
    b.ok("UNSELECT")
    a.expunge(9)
    reply = b.ok(f"SELECT INBOX (QRESYNC ({validity} {moment} 1:10 (1,3,5 1,4,6)))")
    assert reply.vanished == ["(EARLIER) 9"] and reply.exists == 8


# ---- RFC 3516, 7888 ----

def test_3516_binary_size_and_append(user):
    a = user.client("a", "INBOX")
    body = b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
    a.append(mail=body)
    assert a.ok("FETCH 1 BINARY.SIZE[1]").fetched[1]["BINARY.SIZE[1]"] == 3
    assert a.ok("FETCH 1 BINARY[1]").fetched[1]["BINARY[1]"] == b"\0\1\2"


def test_7888_3_login(user):
    c = user.service.client("c")
    c.wire.send(f"A001 LOGIN {{{len(user.name)}+}}\r\n{user.name} {{2+}}\r\npw\r\n".encode())
    assert c.reply("A001").status_word == "OK"
