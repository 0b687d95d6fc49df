"""Mailboxes come, go and change their names, under the feet of those who look at them."""
import pytest

from mails import letter


def names(client, pattern="*"):
    return set(client.ok(f'LIST "" "{pattern}"').listed)


def test_new_user_has_inbox_only(user):
    a = user.client("a")
    assert a.ok('LIST "" *').listed == {"INBOX": {"\\HasNoChildren"}}


def test_create_makes_parents(user):
    a = user.client("a")
    a.ok("CREATE x/y/z")
    assert names(a) == {"INBOX", "x", "x/y", "x/y/z"}
    a.ok("CREATE tail/")
    assert "tail" in names(a)
    a.no("CREATE tail", code="ALREADYEXISTS")
    a.no("CREATE inbox", code="ALREADYEXISTS")


@pytest.mark.parametrize("name", ['""', '"/"', '"a//b"', '"/a"', '"&AAA-"', '"&"', '"&AGE-"'])
def test_names_that_are_refused(user, name):
    """Empty parts, NUL, malformed or needless UTF-7."""
    a = user.client("a")
    assert a.do(f"CREATE {name}").status_word in ("NO", "BAD")
    assert names(a) == {"INBOX"}


def test_inbox_is_inbox_whatever_its_case(user):
    a = user.client("a")
    a.append("inBox")
    assert a.select("iNBOX").exists == 1
    a.ok("CREATE inbox/sub")
    assert "INBOX/sub" in names(a)
    assert a.select("Inbox/sub").exists == 0
    a.no("SELECT INBOX/SUB")                    # only the first part is so


def test_session_stays_in_a_renamed_mailbox(user):
    a, b = user.apart("a", "b")
    a.ok("CREATE old")
    a.append("old", letter("one"))
    b.select("old")
    a.ok("RENAME old new/name")
    assert b.ok("FETCH 1 UID").fetched[1]["UID"] == 1
    with b.idle():
        a.append("new/name")
        b.expect("* 2 EXISTS")
    b.store(1, "+FLAGS (\\Seen)")
    assert a.ok("STATUS new/name (UNSEEN)").status["new/name"]["UNSEEN"] == 1
    a.no("STATUS old (MESSAGES)", code="NONEXISTENT")


def test_rename_keeps_identity_and_moves_inferiors(user):
    a = user.client("a")
    a.ok("CREATE r/s/t")
    a.append("r/s/t")
    before = a.ok("STATUS r/s/t (UIDVALIDITY UIDNEXT MESSAGES)").status["r/s/t"]
    a.ok("RENAME r/s q")
    assert names(a) == {"INBOX", "r", "q", "q/t"}
    assert a.ok("STATUS q/t (UIDVALIDITY UIDNEXT MESSAGES)").status["q/t"] == before
    a.no("RENAME gone x", code="NONEXISTENT")
    a.no("RENAME q r", code="ALREADYEXISTS")
    assert a.do("RENAME q q/inside").status_word == "NO"


def test_rename_inbox(user):
    """Its messages go, with new UIDs; INBOX stays, with its identity."""
    a, b = user.apart("a", "b")
    for i in (1, 2):
        a.append(mail=letter(f"m{i}"), flags="\\Flagged word")
    a.expunge(1)
    before = a.ok("STATUS INBOX (UIDVALIDITY UIDNEXT)").status["INBOX"]
    b.ok("NOOP")
    reply = a.ok("RENAME INBOX kept/2026")
    assert (reply.expunged or a.ok("NOOP").expunged) == [1]
    assert b.ok("NOOP").expunged == [1]
    assert a.ok("STATUS INBOX (UIDVALIDITY UIDNEXT)").status["INBOX"] == before
    kept = a.select("kept/2026")
    assert kept.exists == 1 and kept.code("UIDVALIDITY") != str(before["UIDVALIDITY"])
    got = a.ok("FETCH 1 (UID FLAGS BODY.PEEK[])").fetched[1]
    assert got["UID"] == 1 and {"\\Flagged", "word"} <= set(got["FLAGS"]) and got["BODY[]"] == letter("m2")
    b.ok("NOOP")
    a.append()
    assert b.ok("NOOP").exists == 1


def test_rename_inbox_leaves_its_inferiors(user):
    a = user.client("a")
    a.ok("CREATE INBOX/sub")
    a.ok("RENAME INBOX away")
    assert names(a) == {"INBOX", "INBOX/sub", "away"}


def test_delete_under_a_session(user):
    """Its messages vanish, and commands are told that it is gone; the session lives on."""
    a, b = user.apart("a", "b")
    a.ok("CREATE doomed")
    for _ in range(2):
        a.append("doomed")
    b.select("doomed")
    with b.idle():
        a.ok("DELETE doomed")
        assert sorted(b.hears("EXPUNGE").number for _ in range(2)) in ([1, 1], [1, 2])
    b.no("FETCH 1 UID", code="NONEXISTENT")
    b.no("STORE 1 +FLAGS (\\Seen)", code="NONEXISTENT")
    b.no("SEARCH ALL", code="NONEXISTENT")
    assert b.select().exists == 0


def test_delete_heard_by_asking(user):
    a, b = user.apart("a", "b")
    a.ok("CREATE doomed")
    a.append("doomed")
    b.select("doomed")
    a.ok("DELETE doomed")
    assert b.do("NOOP").expunged == [1]
    b.no("FETCH 1 UID", code="NONEXISTENT")
    b.ok("CLOSE")


def test_made_again_it_is_another(user):
    a, b = user.apart("a", "b")
    a.ok("CREATE x")
    a.append("x")
    first = a.ok("STATUS x (UIDVALIDITY)").status["x"]["UIDVALIDITY"]
    b.select("x")
    a.ok("DELETE x")
    a.ok("CREATE x")
    a.append("x")
    assert a.ok("STATUS x (UIDVALIDITY)").status["x"]["UIDVALIDITY"] > first
    b.do("NOOP")
    b.no("FETCH 1 UID", code="NONEXISTENT")
    assert b.select("x").exists == 1


def test_delete_with_inferiors(user):
    """A parent that goes leaves a name nobody can select (RFC 3501 6.3.4), until its last child is gone."""
    a = user.client("a")
    a.ok("CREATE p/c")
    a.append("p")
    a.ok("DELETE p")
    assert "\\Noselect" in a.ok('LIST "" p').listed["p"] or "\\NonExistent" in a.ok('LIST "" p').listed["p"]
    a.no("SELECT p")
    a.no("DELETE p")
    a.ok("CREATE p")
    assert a.select("p").exists == 0
    a.no("DELETE INBOX")
    a.no("DELETE nothing", code="NONEXISTENT")


def test_trycreate(user):
    a = user.client("a", "INBOX")
    a.append()
    a.no("APPEND nowhere", letter(), code="TRYCREATE")
    a.no("COPY 1 nowhere", code="TRYCREATE")
    a.no("MOVE 1 nowhere", code="TRYCREATE")


# ---- LIST ----

@pytest.mark.cap("CHILDREN")
def test_children(user):
    a = user.client("a")
    a.ok("CREATE p/c")
    got = a.ok('LIST "" *').listed
    assert "\\HasChildren" in got["p"] and "\\HasNoChildren" in got["p/c"]


def test_patterns(user):
    a = user.client("a")
    for name in ("a/b/c", "ab", "b"):
        a.ok(f"CREATE {name}")
    assert names(a, "%") == {"INBOX", "a", "ab", "b"}
    assert names(a, "a*") == {"a", "a/b", "a/b/c", "ab"}
    assert names(a, "a%") == {"a", "ab"}
    assert names(a, "%/%") == {"a/b"}
    assert names(a, "*c") == {"a/b/c"}
    assert names(a, "inb*") == {"INBOX"}
    assert set(a.ok('LIST "a/" "%"').listed) == {"a/b"}
    assert a.ok('LIST "" ""').of("LIST")[0].text == '* LIST (\\Noselect) "/" ""'


@pytest.mark.cap("LIST-EXTENDED")
def test_list_extended(user):
    a = user.client("a")
    for name in ("fruit/apple", "veg"):
        a.ok(f"CREATE {name}")
    for name in ("fruit/apple", "ghost"):
        a.ok(f"SUBSCRIBE {name}")
    got = a.ok('LIST (SUBSCRIBED) "" "*"').listed
    assert set(got) == {"fruit/apple", "ghost"}
    assert "\\Subscribed" in got["fruit/apple"] and {"\\Subscribed", "\\NonExistent"} <= got["ghost"]
    got = a.ok('LIST "" ("veg" "fruit/%") RETURN (SUBSCRIBED CHILDREN)').listed
    assert set(got) == {"veg", "fruit/apple"} and "\\Subscribed" in got["fruit/apple"] and "\\Subscribed" not in got["veg"]
    lines = a.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"').of("LIST")
    fruit, = [line for line in lines if '"/" fruit' in line.text]
    assert '("CHILDINFO" ("SUBSCRIBED"))' in fruit.text
    a.bad('LIST (RECURSIVEMATCH) "" "%"')


@pytest.mark.cap("LIST-STATUS")
def test_list_status(user):
    a = user.client("a")
    a.ok("CREATE x")
    a.append("x")
    reply = a.ok('LIST "" % RETURN (STATUS (MESSAGES UNSEEN))')
    assert reply.status == {"INBOX": {"MESSAGES": 0, "UNSEEN": 0}, "x": {"MESSAGES": 1, "UNSEEN": 1}}
    assert reply.kinds() == ["LIST", "STATUS"] * 2
    a.ok("CREATE p/c")
    a.ok("DELETE p")
    reply = a.ok('LIST "" p RETURN (STATUS (MESSAGES))')
    assert reply.kinds() == ["LIST"]


def test_many_statuses(user):
    """Sent all at once they are one call to the shard; each is answered by itself, and others wait their turn."""
    a = user.client("a")
    a.ok("CREATE x")
    a.ok("CREATE p/c")
    a.ok("DELETE p")
    a.append("x")
    row = [("STATUS x (MESSAGES UNSEEN)", "OK"), ("STATUS nowhere (MESSAGES)", "NO"), ("STATUS a//b (MESSAGES)", "NO"),
           ("STATUS inbox (MESSAGES)", "OK"), ("STATUS p (MESSAGES)", "NO"), ("STATUS x MESSAGES", "BAD"), ("STATUS x (MESSAGES)", "OK"),
           ("DELETE x", "OK"), ("STATUS x (MESSAGES)", "NO"), ("STATUS INBOX (UIDNEXT)", "OK"), ("STATUS {5}\r\nINBOX (UIDNEXT)", "OK"),
           ("STATUS a//b (MESSAGES)", "NO")]
    said = b"".join(b"t%d %s\r\n" % (i, line.encode()) for i, (line, _) in enumerate(row))
    for cut in (len(said), 1, 7, 100, said.index(b"{5}") + 3):
        for at in range(0, len(said), cut):
            a.wire.send(said[at:at + cut])
        for i, (line, ends) in enumerate(row):
            reply = a.reply(f"t{i}") if i != 10 else a.reply("+") and a.reply("t10")
            assert reply.status_word == ends, f"{line}, cut at {cut}: {reply!r}"
            assert len(reply.of("STATUS")) == (ends == "OK" and line.startswith("STATUS"))
            assert not line.startswith("STATUS x") or ends != "OK" or reply.status["x"]["MESSAGES"] == 1
        a.ok("CREATE x")
        a.append("x")
    hundreds = b"".join(b"u%d STATUS %s (UIDNEXT)\r\n" % (i, (b"x", b"y")[i % 2]) for i in range(700))
    a.wire.send(hundreds)
    assert [a.reply(f"u{i}").status_word for i in range(700)] == ["OK", "NO"] * 350


@pytest.mark.cap("SPECIAL-USE", "CREATE-SPECIAL-USE")
def test_special_use(user):
    a = user.client("a")
    a.ok("CREATE Sent (USE (\\Sent))")
    a.ok("CREATE Both (USE (\\Drafts \\Junk))")
    a.ok("CREATE plain")
    got = a.ok('LIST (SPECIAL-USE) "" *').listed
    assert set(got) == {"Sent", "Both"} and "\\Sent" in got["Sent"] and {"\\Drafts", "\\Junk"} <= got["Both"]
    assert "\\Sent" in a.ok('LIST "" * RETURN (SPECIAL-USE)').listed["Sent"]
    a.no("CREATE odd (USE (\\Odd))", code="USEATTR")


@pytest.mark.cap("STATUS=SIZE")
def test_status_size(user):
    a = user.client("a")
    mail = letter()
    a.append(mail=mail)
    a.append(mail=mail, flags="\\Deleted \\Seen")
    got = a.ok("STATUS INBOX (SIZE MESSAGES UNSEEN DELETED)").status["INBOX"]
    assert got == {"SIZE": 2 * len(mail), "MESSAGES": 2, "UNSEEN": 1, "DELETED": 1}


def test_status_of_a_strange_name(user):
    a = user.client("a")
    a.ok('CREATE "two words"')
    assert a.ok('STATUS "two words" (MESSAGES)').status["two words"] == {"MESSAGES": 0}


# ---- subscriptions ----

def test_subscriptions_outlive_mailboxes(user):
    a, b = user.apart("a", "b", mailbox=None)
    a.ok("CREATE s/t")
    a.ok("SUBSCRIBE s/t")
    a.ok("DELETE s/t")
    assert set(b.ok('LSUB "" *').listed) == {"s/t"}
    assert b.ok('LSUB "" %').listed == {"s": {"\\Noselect"}}
    assert "s/t" not in names(b)
    b.ok("UNSUBSCRIBE s/t")
    assert not a.ok('LSUB "" *').listed
    a.do("UNSUBSCRIBE s/t")


# ---- names ----

def test_utf7_and_utf8_are_one_name(user):
    a, b = user.client("a"), user.client("b", enable="IMAP4rev2")
    a.ok('CREATE "Entw&APw-rfe/&ZeVnLIqe-"')
    assert "Entwürfe/日本語" in names(b)
    assert "Entw&APw-rfe/&ZeVnLIqe-" in names(a)
    b.append("Entwürfe/日本語")
    assert a.select("Entw&APw-rfe/&ZeVnLIqe-").exists == 1
    b.ok('CREATE "R&D"')
    assert "R&-D" in names(a) and "R&D" in names(b)


def test_names_are_nfc(user):
    b = user.client("b", enable="IMAP4rev2")
    b.ok('CREATE "Cafe\u0301"')
    assert "Caf\u00e9" in names(b)
    b.no('CREATE "Caf\u00e9"', code="ALREADYEXISTS")
    assert b.select("Cafe\u0301").exists == 0


def test_names_are_case_sensitive(user):
    a = user.client("a")
    a.ok("CREATE case")
    a.ok("CREATE Case")
    assert {"case", "Case"} <= names(a)


def test_name_as_literal(user):
    a = user.client("a")
    a.ok("CREATE", b'quote"d')
    assert a.ok("STATUS", b'quote"d', "(MESSAGES)").status['quote"d'] == {"MESSAGES": 0}


@pytest.mark.cap("NAMESPACE")
def test_namespace(user):
    assert user.client("a").ok("NAMESPACE").of("NAMESPACE")[0].text == '* NAMESPACE (("" "/")) NIL NIL'


def test_mailbox_list_of_the_admin(user, service):
    a = user.client("a")
    a.ok("CREATE x/y")
    out = service.roost("mailbox", "list", user.name).stdout.decode()
    assert all(name in out for name in ("INBOX", "x/y"))
