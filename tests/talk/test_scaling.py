"""What touches few of many messages looks at few of them, and what touches many lets others go on: counted, not timed."""
from mails import letter


def fill(client, doublings):
    """2 ** doublings messages in INBOX."""
    client.append(mail=letter("one"))
    for _ in range(doublings):
        client.ok("COPY 1:* INBOX")


def calls(service, what):
    shard, = [p["says"] for p in service.status()["processes"] if p["name"] == "shard-0"]
    return shard["heard"].get(what, 0)


def test_many_are_expunged_some_at_a_time(private):
    service = private()
    user = service.user_add("many")
    a, b, c = user.client("a", "INBOX"), user.client("b"), user.client("c")
    fill(a, 14)
    n = 2 ** 14
    b.select()
    c.ok("ENABLE QRESYNC")
    c.select()
    a.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    a.ok("STORE 7 -FLAGS.SILENT (\\Deleted)")
    before = calls(service, "expunge")
    assert len(a.ok("EXPUNGE").of("EXPUNGE")) == n - 1
    assert calls(service, "expunge") - before == -(-n // 3840)                # EXPUNGE_MAX
    b.ok("NOOP")
    assert b.ok("UID SEARCH ALL").found == [7]
    assert f"VANISHED 1:6,8:{n}" in str(c.ok("NOOP"))
    before = calls(service, "expunge")
    a.ok("UID EXPUNGE 1:*")
    a.ok("STORE 1 +FLAGS (\\Deleted)")
    a.ok("UID EXPUNGE 7")
    assert calls(service, "expunge") - before == 2
    assert a.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 0


def test_close_expunges_all_of_many(private):
    service = private()
    a = service.user_add("closes").client("a", "INBOX")
    fill(a, 14)
    a.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    a.ok("CLOSE")
    assert a.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 0


def test_searches_by_what_pages_know(user):
    """Bits, columns and UIDs in every mixture against a plain filter."""
    a = user.client("a", "INBOX")
    fill(a, 12)
    a.ok("STORE 1:4096 +FLAGS.SILENT (\\Seen)")
    a.ok("STORE 100:199,1000,4096 -FLAGS.SILENT (\\Seen)")
    a.ok("STORE 150:300,4000:4096 +FLAGS.SILENT (\\Deleted)")
    a.ok("STORE 190:210,4096 +FLAGS.SILENT (\\Flagged)")
    a.ok("STORE 120:130 +FLAGS.SILENT (\\Deleted)")
    a.ok("EXPUNGE")
    everything = set(a.ok("UID SEARCH ALL").found)
    unseen = {*range(100, 120), *range(131, 150), 1000}
    assert everything == set(range(1, 4097)) - {*range(120, 131), *range(150, 301), *range(4000, 4097)}
    assert set(a.ok("UID SEARCH UNSEEN").found) == unseen
    a.ok("UID STORE 500:600 +FLAGS.SILENT (\\Deleted)")
    a.ok("UID STORE 550:700,1000 +FLAGS.SILENT (\\Flagged)")
    deleted, flagged = set(range(500, 601)), {*range(550, 701), 1000}
    for words, want in (("UNSEEN UNDELETED", unseen), ("DELETED", deleted), ("DELETED FLAGGED", deleted & flagged), ("OR UNSEEN FLAGGED", unseen | flagged),
                        ("NOT (OR SEEN FLAGGED)", unseen - flagged), ("UID 110:140,555:560,3999 OR UNSEEN DELETED", {*range(110, 120), *range(131, 141), *range(555, 561)}),
                        ("UID 3000 UID 3001", set()), ("UID 3999:*", {3999}), ("NOT UID 1:3990", set(range(3991, 4000)))):
        assert set(a.ok("UID SEARCH " + words).found) == want, words
    assert a.ok("SEARCH UID 1000").found == [1000 - 11 - 151]
    assert "COUNT 40" in str(a.ok("SEARCH RETURN (COUNT) UNSEEN"))


def test_more_changes_than_one_answer_holds(private):
    """One session's NOOP, another's IDLE and a third's QRESYNC hear of each of 10,000 changes; in several calls."""
    service = private(init=("--frontends", "1"))
    user = service.user_add("hears")
    a, b, c = user.client("a", "INBOX"), user.client("b"), user.client("c")
    fill(a, 13)
    a.ok("COPY 1:1808 INBOX")
    n = 10_000
    b.select()
    c.ok("ENABLE QRESYNC")
    c.select()
    status = a.ok("STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ)").status["INBOX"]
    c.ok("UNSELECT")
    before = calls(service, "changes")
    a.ok("STORE 1:* +FLAGS.SILENT (\\Flagged)")
    rows = b.ok("NOOP").fetched
    assert list(rows) == list(range(1, n + 1)) and all("\\Flagged" in row["FLAGS"] for row in rows.values())
    assert calls(service, "changes") - before == 3
    assert not b.ok("NOOP").fetched
    rows = c.ok(f"SELECT INBOX (QRESYNC ({status['UIDVALIDITY']} {status['HIGHESTMODSEQ']}))").fetched
    assert list(rows) == list(range(1, n + 1)) and all(row["UID"] for row in rows.values())
    c.ok("UNSELECT")
    with b.idle():
        a.ok("STORE 1:* +FLAGS.SILENT (\\Draft)")
        while b.hears("FETCH").number < n:
            pass
    before = calls(service, "changes")
    a.ok("COPY 1:* INBOX")
    reply = b.ok("NOOP")
    assert reply.numbers("EXISTS") == [2 * n] and not reply.fetched
    assert calls(service, "changes") - before <= 2, "new messages were asked for part by part"
    a.ok("STORE 5 -FLAGS.SILENT (\\Draft)")
    assert list(b.ok("NOOP").fetched) == [5]


def test_many_expunges_are_told_while_idling(private):
    """20,000 positions, from the last to the first, in several parts; then the mailbox itself goes."""
    service = private(init=("--frontends", "1"))
    user = service.user_add("idles")
    a, b = user.client("a"), user.client("b")
    a.ok("CREATE box")
    a.select("box")
    a.append("box", mail=letter("one"))
    for _ in range(15):
        a.ok("COPY 1:* box")
    n = 2 ** 15
    b.select("box")
    a.ok("STORE 10001:30000 +FLAGS.SILENT (\\Deleted)")
    b.ok("NOOP")
    with b.idle():
        a.ok("EXPUNGE")
        left = list(range(1, n + 1))
        for _ in range(20_000):
            del left[b.hears("EXPUNGE").number - 1]
        assert left == [*range(1, 10_001), *range(30_001, n + 1)]
        a.ok("UNSELECT")
        a.ok("DELETE box")
        assert [b.hears("EXPUNGE").number for _ in range(n - 20_000)] == list(range(n - 20_000, 0, -1))
