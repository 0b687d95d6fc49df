"""When a client may be told that messages are gone (RFC 9051 7.5.1), and what its old numbers do meanwhile."""
import pytest

from mails import letter


@pytest.fixture
def trio(user):
    """a and b on different processes look at three messages, of which a makes the second vanish."""
    a, b = user.apart("a", "b")
    for i in range(1, 4):
        a.append(mail=letter(f"m{i}"))
    b.ok("NOOP")
    a.expunge(2)
    with a.idle():                 # a breath, so that b's process has heard the bell
        a.hears_nothing(0.1)
    return a, b


@pytest.mark.parametrize("command", [
    "FETCH 1 (UID)", "STORE 1 +FLAGS (\\Flagged)", "STORE 1 +FLAGS.SILENT (\\Flagged)", "SEARCH ALL",
    "SEARCH RETURN (COUNT) ALL", "FETCH 3 (BODY.PEEK[])"])
def test_positions_hold_during(trio, command):
    """FETCH, STORE and SEARCH by position: no EXPUNGE while they run."""
    _, b = trio
    assert not b.ok(command).expunged
    assert b.ok("FETCH 3 (UID)").fetched[3]["UID"] == 3


@pytest.mark.parametrize("command", [
    "NOOP", "CHECK", "UID FETCH 1 (FLAGS)", "UID STORE 1 +FLAGS (\\Flagged)", "UID SEARCH ALL", "LIST \"\" *",
    "STATUS INBOX (MESSAGES)", "CREATE x", "COPY 1 INBOX", "UID COPY 1 INBOX", "CAPABILITY", "EXPUNGE", "UID EXPUNGE 77",
    "NAMESPACE", "ENABLE CONDSTORE", "SUBSCRIBE INBOX"])
def test_others_tell(trio, command):
    _, b = trio
    assert b.ok("FETCH 1 UID").expunged == []      # its process knows by now, and holds it back
    reply = b.ok(command) if "ENABLE" not in command else b.do(command)
    told = reply.expunged or b.ok("NOOP").expunged
    assert told == [2]
    assert b.ok("FETCH 2 (UID)").fetched[2]["UID"] == 3


@pytest.mark.parametrize("command", ["NOOP", "CHECK", "UID FETCH 1 (FLAGS)", "UID SEARCH ALL", "UID STORE 1 +FLAGS (\\Flagged)"])
def test_these_tell_themselves(trio, command):
    _, b = trio
    b.ok("FETCH 1 UID")
    assert b.ok(command).expunged == [2]


def test_nothing_between_commands(trio):
    _, b = trio
    b.hears_nothing()
    assert b.ok("NOOP").expunged == [2]


@pytest.mark.parametrize("command", ["FETCH 1:3 (UID BODY.PEEK[TEXT])", "FETCH 1:3 (FLAGS)"])
def test_fetch_of_a_gone_one(trio, command):
    """The rest is answered, then NO [EXPUNGEISSUED]."""
    _, b = trio
    reply = b.no(command, code="EXPUNGEISSUED")
    assert sorted(reply.fetched) == [1, 3] and not reply.expunged


def test_store_to_a_gone_one(trio):
    _, b = trio
    reply = b.no("STORE 1:3 +FLAGS (\\Flagged)", code="EXPUNGEISSUED")
    assert sorted(reply.fetched) == [1, 3] and not reply.expunged


@pytest.mark.parametrize("verb", ["COPY", "MOVE"])
def test_copy_of_a_gone_one_does_nothing(trio, verb):
    a, b = trio
    a.ok("CREATE other")
    b.no(f"{verb} 1:3 other", code="EXPUNGEISSUED")
    assert a.ok("STATUS other (MESSAGES)").status["other"]["MESSAGES"] == 0
    assert a.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 2


def test_search_of_a_gone_one(trio):
    _, b = trio
    reply = b.ok("SEARCH 1:3 SUBJECT m")
    assert reply.tagged_code == "EXPUNGEISSUED"
    assert reply.found == [1, 3]


@pytest.mark.parametrize("command", [
    "UID FETCH 1:3 (FLAGS)", "UID STORE 1:3 +FLAGS (\\Flagged)", "UID COPY 1:3 INBOX", "UID SEARCH UID 1:3", "UID EXPUNGE 2"])
def test_by_uid_gone_is_no_fault(trio, command):
    _, b = trio
    assert b.ok(command).tagged_code != "EXPUNGEISSUED"


def test_unknown_position_is_bad_or_no(trio):
    _, b = trio
    b.ok("NOOP")
    assert b.do("FETCH 3 (UID)").status_word in ("BAD", "NO")


def test_unknown_uid_is_ok(trio):
    _, b = trio
    assert not b.ok("UID FETCH 77 (UID)").fetched


def test_star_means_the_last_told(trio):
    _, b = trio
    assert list(b.ok("FETCH * (UID)").fetched) == [3]
    reply = b.ok("UID FETCH 77:* (UID)")
    assert reply.fetched[3]["UID"] == 3 and reply.expunged == [2]


def test_both_expunge(user):
    """Both mark, a expunges; b's EXPUNGE is told the same, and does nothing twice."""
    a, b = user.apart("a", "b")
    for _ in range(4):
        a.append()
    b.ok("NOOP")
    a.store("2,4", "+FLAGS.SILENT (\\Deleted)")
    assert a.ok("EXPUNGE").expunged in ([4, 2], [2, 3])
    assert b.ok("EXPUNGE").expunged in ([4, 2], [2, 3])
    assert [m["UID"] for m in b.ok("FETCH 1:* UID").fetched.values()] == [1, 3]


def test_uid_expunge_takes_only_the_named(user):
    a = user.client("a", "INBOX")
    for _ in range(4):
        a.append()
    a.store("1:3", "+FLAGS.SILENT (\\Deleted)")
    assert a.ok("UID EXPUNGE 2:4").expunged in ([3, 2], [2, 2])
    assert [m["UID"] for m in a.ok("FETCH 1:* UID").fetched.values()] == [1, 4]


def test_close_expunges_silently_examine_does_not(user):
    a = user.client("a", "INBOX")
    a.append()
    a.append()
    a.store(1, "+FLAGS.SILENT (\\Deleted)")
    a.select(how="EXAMINE")
    assert not a.ok("CLOSE").lines
    assert a.select().exists == 2
    assert not a.ok("CLOSE").expunged
    assert a.select().exists == 1


@pytest.mark.cap("UNSELECT")
def test_unselect_keeps_the_deleted(user):
    a = user.client("a", "INBOX")
    a.append()
    a.store(1, "+FLAGS.SILENT (\\Deleted)")
    a.ok("UNSELECT")
    a.bad("FETCH 1 UID")
    assert a.select().exists == 1


def test_examined_is_read_only(user):
    a = user.client("a", "INBOX")
    a.append()
    reply = a.select(how="EXAMINE")
    assert reply.tagged_code == "READ-ONLY"
    a.no("STORE 1 +FLAGS (\\Seen)")
    a.no("EXPUNGE")
    a.no("MOVE 1 INBOX")
    a.ok("FETCH 1 BODY[]")
    assert a.ok("FETCH 1 FLAGS").flags[1] <= {"\\Recent"}


def test_streaming_fetch_outlives_expunge(user):
    """A FETCH under way finishes with the right bytes, though the message vanishes meanwhile."""
    a, b = user.apart("a", "b")
    body = b"Subject: large\r\n\r\n" + b"x" * 78 * 100_000
    body += b"\r\n"
    a.append(mail=body)
    b.ok("NOOP")
    tag = b.start("FETCH 1 BODY.PEEK[]")
    b.wire.more()                   # it has begun, and waits for b to read
    a.expunge(1)
    assert b.reply(tag).fetched[1]["BODY[]"] == body
