"""CONDSTORE and QRESYNC (RFC 7162): what changed since a moment, and what is gone."""
import pytest

from mails import letter


def modseq(client, n):
    return client.ok(f"FETCH {n} (MODSEQ)").fetched[n]["MODSEQ"][0]


def highest(client, mailbox="INBOX"):
    return client.ok(f"STATUS {mailbox} (HIGHESTMODSEQ)").status[mailbox]["HIGHESTMODSEQ"]


@pytest.fixture
def three(user):
    a = user.client("a", "INBOX")
    for i in range(1, 4):
        a.append(mail=letter(f"m{i}"))
    return user, a


@pytest.mark.cap("CONDSTORE")
def test_modseq_rises_with_each_change(three):
    _, a = three
    before = modseq(a, 1)
    a.store(1, "+FLAGS (\\Flagged)")
    after = modseq(a, 1)
    assert after > before and after == highest(a)
    assert modseq(a, 2) < after


def test_highestmodseq_is_the_mailboxs(three):
    """Another mailbox's change does not move it (and it is never 0)."""
    _, a = three
    before = highest(a)
    a.ok("CREATE other")
    assert highest(a, "other") > 0
    a.append("other")
    assert highest(a) == before


def test_select_says_it(three):
    _, a = three
    assert int(a.select().code("HIGHESTMODSEQ")) == highest(a)
    assert int(a.ok("SELECT INBOX (CONDSTORE)").code("HIGHESTMODSEQ")) == highest(a)


@pytest.mark.parametrize("enabling", [
    "FETCH 1 (MODSEQ)", "STATUS INBOX (HIGHESTMODSEQ)", "FETCH 1 (FLAGS) (CHANGEDSINCE 1)", "SEARCH MODSEQ 1",
    "STORE 1 (UNCHANGEDSINCE 99999999) +FLAGS (\\Seen)", "SELECT INBOX (CONDSTORE)", "ENABLE CONDSTORE"])
def test_enabling_commands(three, enabling):
    """After any of these a FETCH response about flags carries MODSEQ."""
    user, a = three
    b = user.client("b", "INBOX")
    if enabling.startswith("ENABLE"):
        b.ok("UNSELECT")
        b.ok(enabling)
        b.select()
    else:
        b.ok(enabling)
    a.store(2, "+FLAGS (\\Answered)")
    assert "MODSEQ" in b.ok("NOOP").fetched[2]


def test_without_it_nobody_hears_of_modseq(three):
    user, a = three
    b = user.client("b", "INBOX")
    a.store(2, "+FLAGS (\\Answered)")
    assert "MODSEQ" not in b.ok("NOOP").fetched[2]


def test_changedsince(three):
    _, a = three
    since = highest(a)
    assert not a.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {since})").fetched
    a.store(2, "+FLAGS.SILENT (\\Flagged)")
    got = a.ok(f"FETCH 1:* (UID) (CHANGEDSINCE {since})").fetched
    assert list(got) == [2] and got[2]["MODSEQ"][0] > since
    got = a.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since})").fetched
    assert list(got) == [2]


def test_unchangedsince_fails_for_the_changed(three):
    user, a = three
    b = user.client("b", "INBOX")
    since = highest(a)
    b.store(2, "+FLAGS (\\Flagged)")
    reply = a.ok(f"STORE 1:3 (UNCHANGEDSINCE {since}) +FLAGS (\\Answered)")
    assert reply.code("MODIFIED") == "2"
    flags = a.ok("FETCH 1:3 FLAGS").flags
    assert [("\\Answered" in flags[n]) for n in (1, 2, 3)] == [True, False, True]


def test_unchangedsince_by_uid_names_uids(three):
    _, a = three
    a.expunge(1)
    reply = a.ok("UID STORE 2,3 (UNCHANGEDSINCE 1) +FLAGS (\\Answered)")
    assert reply.code("MODIFIED") == "2:3"
    reply = a.ok("STORE 1:2 (UNCHANGEDSINCE 1) +FLAGS (\\Answered)")
    assert reply.code("MODIFIED") == "1:2"


def test_unchangedsince_zero_fails_always(three):
    _, a = three
    assert a.ok("STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Answered)").code("MODIFIED") == "1"


def test_silent_conditional_store_says_modseq(three):
    _, a = three
    reply = a.ok(f"STORE 1 (UNCHANGEDSINCE {highest(a)}) +FLAGS.SILENT (\\Answered)")
    items = reply.fetched[1]
    assert "MODSEQ" in items and "FLAGS" not in items


def test_unchangedsince_of_a_gone_one(three):
    """RFC 7162 3.1.3: the gone one is told of with NO, and the modified ones named."""
    user, a = three
    b = user.client("b", "INBOX")
    since = highest(a)
    b.store(3, "+FLAGS (\\Flagged)")
    b.expunge(2)
    reply = a.do(f"STORE 1:3 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\\Answered)")
    assert reply.status_word == "NO"
    assert reply.code("MODIFIED") == "3"
    assert "\\Answered" in b.ok("FETCH 1 FLAGS").flags[1]


def test_own_silent_store_has_no_echo(three):
    user, a = three
    a.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert not a.ok("NOOP").fetched
    b = user.client("b", "INBOX")
    a.ok("STORE 1 -FLAGS.SILENT (\\Flagged)")
    assert 1 in b.ok("NOOP").fetched


def test_store_without_change_moves_nothing(three):
    _, a = three
    a.store(1, "+FLAGS (\\Flagged)")
    before = highest(a)
    a.store(1, "+FLAGS (\\Flagged)")
    assert highest(a) == before


def test_search_modseq(three):
    _, a = three
    since = highest(a)
    a.store(2, "+FLAGS (\\Flagged)")
    reply = a.ok(f"SEARCH MODSEQ {since + 1}")
    assert reply.found == [2]
    assert f"(MODSEQ {highest(a)})" in reply.of("SEARCH")[0].text
    reply = a.ok("SEARCH MODSEQ \"/flags/\\\\draft\" all 1")
    assert reply.found == [1, 2, 3]
    assert a.ok(f"SEARCH MODSEQ {since + 1000}").of("SEARCH")[0].text == "* SEARCH"


def test_search_return_modseq(three):
    _, a = three
    a.store(2, "+FLAGS (\\Flagged)")
    reply = a.ok("SEARCH RETURN (ALL) MODSEQ 1")
    assert reply.esearch["MODSEQ"] == highest(a)


def test_min_and_max_go_with_their_own_modseq(user):
    """RFC 4731 3.2: alone or together, they say the modseq of what they name."""
    a = user.client("a", "INBOX")
    for i in range(4):
        a.append(mail=letter(f"m{i}"))
    a.store(4, "+FLAGS (\\Answered)")
    a.store(1, "+FLAGS (\\Flagged)")
    a.store(2, "+FLAGS (\\Seen)")
    modseq = {n: m["MODSEQ"][0] for n, m in a.ok("FETCH 1:* MODSEQ").fetched.items()}
    assert modseq[4] < modseq[1] < modseq[2]
    for returns, want in (("MIN", modseq[1]), ("MAX", modseq[4]), ("MIN MAX", modseq[1]), ("MIN SAVE", modseq[1]),
                          ("MIN COUNT", modseq[2]), ("ALL", modseq[2]), ("MAX ALL", modseq[2])):
        for verb in ("SEARCH", "UID SEARCH"):
            assert a.ok(f"{verb} RETURN ({returns}) MODSEQ 1").esearch["MODSEQ"] == want, (verb, returns)
    assert "MODSEQ" not in a.ok("SEARCH RETURN (MIN) MODSEQ 999999").esearch


def test_expunge_counts(three):
    user, a = three
    b = user.client("b", "INBOX")
    before = highest(a)
    b.expunge(2)
    assert highest(b) > before


# ---- QRESYNC ----

def test_qresync_needs_enable(three):
    _, a = three
    a.bad("SELECT INBOX (QRESYNC (1 1))")
    a.bad("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")


@pytest.mark.cap("QRESYNC")
def test_vanished_replaces_expunge(three):
    user, a = three
    b = user.client("b", "INBOX", enable="QRESYNC")
    a.expunge(2)
    reply = b.ok("NOOP")
    assert reply.vanished == ["2"] and not reply.expunged
    c = user.client("c", "INBOX", enable="QRESYNC")
    c.store("1:2", "+FLAGS.SILENT (\\Deleted)")
    reply = c.ok("EXPUNGE")
    assert reply.vanished == ["1,3"] and reply.code("HIGHESTMODSEQ")


def test_idler_hears_vanished(three):
    user, a = three
    b = user.client("b", "INBOX", enable="QRESYNC")
    with b.idle():
        a.expunge("1:2")
        said = b.expect("* VANISHED 1:2")
        assert not said.expunged


def test_reconnect_after_changes(three):
    """b leaves; a flags, expunges and appends; b comes back and is told all of it, and only that."""
    user, a = three
    b = user.client("b", enable="QRESYNC")
    seen = b.select()
    b.logout()
    a.store(1, "+FLAGS (\\Flagged)")
    a.expunge(2)
    a.append(mail=letter("m4"))
    b = user.client("b", enable="QRESYNC")
    reply = b.ok(f"SELECT INBOX (QRESYNC ({seen.code('UIDVALIDITY')} {seen.code('HIGHESTMODSEQ')}))")
    assert reply.vanished == ["(EARLIER) 2"]
    by_uid = {m["UID"]: m for m in reply.fetched.values()}
    assert set(by_uid) == {1, 4} and "\\Flagged" in by_uid[1]["FLAGS"]
    assert all("MODSEQ" in m for m in by_uid.values())
    assert reply.exists == 3
    kinds = [line.kind for line in reply.lines]
    assert kinds.index("EXISTS") < kinds.index("VANISHED") < kinds.index("FETCH")


def test_reconnect_with_known_uids(three):
    user, a = three
    b = user.client("b", enable="QRESYNC")
    seen = b.select()
    a.expunge(2)
    a.expunge(3)
    a.store(1, "+FLAGS (\\Flagged)")
    b.ok("UNSELECT")
    start = f"SELECT INBOX (QRESYNC ({seen.code('UIDVALIDITY')} {seen.code('HIGHESTMODSEQ')}"
    assert b.ok(start + " 1:2))").vanished == ["(EARLIER) 2"]
    assert b.ok(start + " 3))").vanished == ["(EARLIER) 3"]
    assert not b.ok(start + " 3))").fetched


def test_other_uidvalidity_tells_nothing(three):
    user, a = three
    a.expunge(2)
    b = user.client("b", enable="QRESYNC")
    reply = b.ok("SELECT INBOX (QRESYNC (4711 1))")
    assert not reply.vanished and not reply.fetched and reply.exists == 2


def test_fetch_vanished(three):
    user, a = three
    b = user.client("b", enable="QRESYNC")
    since = b.select().code("HIGHESTMODSEQ")
    a.expunge(2)
    a.store(1, "+FLAGS (\\Flagged)")
    reply = b.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)")
    assert reply.vanished in (["(EARLIER) 2"], ["2"])       # b had known it, so it may be told as news
    assert {m["UID"] for m in reply.fetched.values()} == {1}
    reply = b.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)")
    assert reply.vanished == ["(EARLIER) 2"] and reply.kinds()[0] == "VANISHED"
    b.bad(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)")
    b.bad("UID FETCH 1:* (FLAGS) (VANISHED)")


def test_highestmodseq_waits_for_the_withheld_expunge(three):
    """While an expunge is withheld, no HIGHESTMODSEQ reaches it: a client that reconnects from it would never hear."""
    user, a = three
    b = user.client("b", enable="QRESYNC")
    b.select()
    a.expunge(2)
    gone_at = highest(a)
    a.store(1, "+FLAGS (\\Flagged)")
    for command in ("FETCH 1 (FLAGS)", "STORE 1 +FLAGS (\\Answered)", "SEARCH ALL"):
        reply = b.ok(command)
        said = reply.code("HIGHESTMODSEQ")
        assert not reply.vanished and (said is None or int(said) < gone_at)
    reply = b.ok("NOOP")
    assert reply.vanished == ["2"]
    assert int(reply.code("HIGHESTMODSEQ")) >= gone_at


def test_status_of_selected_holds_back_too(three):
    user, a = three
    b = user.client("b", "INBOX", enable="QRESYNC")
    a.expunge(2)
    gone_at = highest(a)
    b.ok("FETCH 1 (FLAGS)")
    reply = b.ok("STATUS INBOX (HIGHESTMODSEQ)")
    said = reply.status["INBOX"]["HIGHESTMODSEQ"]
    assert said < gone_at or reply.vanished == ["2"] or b.ok("NOOP").vanished == ["2"]


def test_closed_code_on_reselect(three):
    user, _ = three
    b = user.client("b", "INBOX", enable="QRESYNC")
    b.ok("CREATE other")
    assert b.select("other").lines[0].code == "CLOSED"


def test_every_moment_can_be_resumed(user):
    """From any HIGHESTMODSEQ ever heard, what follows adds up to the truth."""
    a = user.client("a", enable="QRESYNC")
    opened = a.select()
    moments = []

    def note():
        got = a.ok("UID FETCH 1:* (FLAGS)").fetched
        moments.append((highest(a), {m["UID"]: frozenset(m["FLAGS"]) - {"\\Recent"} for m in got.values()}))
    for i in range(8):
        a.append(mail=letter(f"m{i}"))
        note()
        if i % 3 == 2:
            a.expunge(i)
            note()
        a.ok(f"UID STORE {i + 1} +FLAGS (k{i % 3})")
        note()
    b = user.client("b", enable="QRESYNC")
    truth = moments[-1][1]
    for moment, known in moments:
        reply = b.ok(f"SELECT INBOX (QRESYNC ({opened.code('UIDVALIDITY')} {moment}))")
        now = dict(known)
        for text in reply.vanished:
            for part in text.replace("(EARLIER) ", "").split(","):
                lo, _, hi = part.partition(":")
                for uid in range(int(lo), int(hi or lo) + 1):
                    now.pop(uid, None)
        for m in reply.fetched.values():
            now[m["UID"]] = frozenset(m["FLAGS"]) - {"\\Recent"}
        assert now == truth, moment
