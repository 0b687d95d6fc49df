"""\\Recent (RFC 3501 2.3.2): the first read-write session told of a message has it, and nobody else."""
from mails import letter


def recent_flags(client):
    return {n for n, flags in client.ok("FETCH 1:* FLAGS").flags.items() if "\\Recent" in flags}


def test_select_takes_it(user):
    a, b = user.client("a"), user.client("b")
    a.append()
    assert a.select().recent == 1 and recent_flags(a) == {1}
    assert b.select().recent == 0 and recent_flags(b) == set()


def test_examine_and_status_take_nothing(user):
    a, b = user.client("a"), user.client("b")
    a.append()
    assert b.ok("STATUS INBOX (RECENT)").status["INBOX"]["RECENT"] == 1
    assert b.select(how="EXAMINE").recent == 1
    assert recent_flags(b) == {1}
    assert a.ok("STATUS INBOX (RECENT)").status["INBOX"]["RECENT"] == 1
    assert a.select().recent == 1
    assert b.ok("STATUS INBOX (RECENT)").status["INBOX"]["RECENT"] == 0


def test_only_one_session_hears_recent(user):
    """Two on different processes ask for each new message: together they count every message once."""
    a, b = user.apart("a", "b")
    c = user.client("c")
    for _ in range(10):
        c.append()
        a.ok("NOOP")
        b.ok("NOOP")
    mine, yours = recent_flags(a), recent_flags(b)
    assert mine | yours == set(range(1, 11)) and not mine & yours


def test_selected_again_it_is_over(user):
    a = user.client("a", "INBOX")
    a.append()
    assert recent_flags(a) == {1}
    assert a.select().recent == 0 and recent_flags(a) == set()


def test_rev2_knows_nothing_of_it(user):
    a = user.client("a")
    a.append()
    a.ok("ENABLE IMAP4rev2")
    reply = a.select()
    assert reply.recent is None and "\\Recent" not in reply.of("FLAGS")[0].words[0]
    assert recent_flags(a) == set()
    a.append(mail=letter())
    assert a.ok("NOOP").recent is None
    b = user.client("b")
    assert b.select().recent == 2               # a took nothing


def test_search_recent_new_old(user):
    a = user.client("a")
    for _ in range(2):
        a.append()
    a.select()
    a.select()
    a.append()
    a.ok("NOOP")
    assert a.ok("SEARCH RECENT").found == [3]
    assert a.ok("SEARCH OLD").found == [1, 2]
    assert a.ok("SEARCH NEW").found == [3]
    a.store(3, "+FLAGS (\\Seen)")
    assert a.ok("SEARCH NEW").found == []


def test_recent_cannot_be_stored(user):
    a = user.client("a", "INBOX")
    a.append()
    a.bad("STORE 1 +FLAGS (\\Recent)")
