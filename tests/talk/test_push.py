"""Whatever one client, LMTP or the admin changes, every other client hears: a does X, b hears Y."""
import pytest

from mails import letter


@pytest.mark.cap("IDLE")
def test_idler_hears_append(user):
    a, b = user.apart("a", "b")
    with b.idle():
        a.append()
        b.expect("* 1 EXISTS")


def test_idler_hears_flags(user):
    a, b = user.apart("a", "b")
    a.append(mail=letter())
    b.ok("NOOP")
    with b.idle():
        a.store(1, "+FLAGS (\\Flagged)")
        line = b.hears("FETCH")
        assert line.number == 1 and "\\Flagged" in line.fetched["FLAGS"]


def test_idler_hears_expunge(user):
    a, b = user.apart("a", "b")
    for _ in range(3):
        a.append()
    b.ok("NOOP")
    with b.idle():
        a.expunge(2)                      # whether b hears first of the flag depends on how soon it asks
        b.expect("* 2 EXPUNGE")


def test_idler_hears_lmtp_and_admin(user, service):
    b = user.client("b", "INBOX")
    with b.idle():
        (code, _), = service.lmtp_client().deliver(letter("by lmtp"), user.name)
        assert code == 250
        b.expect("* 1 EXISTS")
        service.deliver(user.name, letter("by admin"))
        b.expect("* 2 EXISTS")
    subjects = b.ok("FETCH 1:2 BODY.PEEK[HEADER.FIELDS (SUBJECT)]").fetched
    assert [m["BODY[HEADER.FIELDS (SUBJECT)]"] for m in subjects.values()] == \
        [b"Subject: by lmtp\r\n\r\n", b"Subject: by admin\r\n\r\n"]


def test_many_idlers_hear_one_change(user):
    a, *rest = user.apart("a", "b", *[f"c{i}" for i in range(20)])
    with_idle = [c.start("IDLE") for c in rest]
    for c in rest:
        assert c.line().tag == "+"
    a.append()
    for c, tag in zip(rest, with_idle):
        c.expect("* 1 EXISTS")
        c.wire.send(b"DONE\r\n")
        assert c.reply(tag).status_word == "OK"


@pytest.mark.parametrize("command", ["NOOP", "CHECK"])
def test_asking_is_fresh_at_once(user, command):
    """Once a has its OK, b's next question knows, though b's process may not have heard the bell yet."""
    a, b = user.apart("a", "b")
    for n in range(1, 31):
        a.append()
        assert b.ok(command).exists == n


def test_status_is_fresh_at_once(user):
    a, b = user.apart("a", "b")
    b.ok("CREATE x")
    b.select("x")
    for n in range(1, 21):
        a.append()
        assert b.ok("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)").status == {
            "INBOX": {"MESSAGES": n, "UNSEEN": n, "UIDNEXT": n + 1}}


def test_select_is_fresh_at_once(user):
    a, b = user.apart("a", "b")
    for n in range(1, 11):
        a.append()
        assert b.select().exists == n


def test_any_command_may_carry_news(user):
    """EXISTS comes with whatever command is in progress, once the bell has rung."""
    a, b = user.apart("a", "b")
    a.append()
    with b.idle():
        b.expect("* 1 EXISTS")
    c = user.client("c", "INBOX")
    with c.idle():
        a.append()
        c.expect("* 2 EXISTS")
    assert b.ok("NOOP").exists == 2


def test_own_append_is_told_before_ok(user):
    a = user.client("a", "INBOX")
    reply = a.ok("APPEND INBOX", letter())
    assert reply.exists == 1


def test_own_copy_is_told_before_ok(user):
    a = user.client("a", "INBOX")
    a.append()
    assert a.ok("COPY 1 INBOX").exists == 2


def test_exists_before_fetch_of_the_new(user):
    """a flags a message that b does not know yet: b hears EXISTS before any FETCH with its number."""
    a, b = user.apart("a", "b")
    a.append()
    a.store(1, "+FLAGS (\\Answered)")
    kinds = b.ok("NOOP").kinds()
    assert "EXISTS" in kinds
    assert "FETCH" not in kinds[:kinds.index("EXISTS")]


def test_idler_without_mailbox_is_left_alone(user):
    a, b = user.apart("a", "b", mailbox=None)
    with b.idle():
        a.append()
        b.hears_nothing()


def test_two_mailboxes_do_not_mix(user):
    a, b = user.apart("a", "b")
    a.ok("CREATE other")
    with b.idle():
        a.append("other")
        b.hears_nothing()


def test_keyword_is_announced_before_its_first_fetch(user):
    a, b = user.apart("a", "b")
    a.append()
    b.ok("NOOP")
    with b.idle():
        a.store(1, "+FLAGS (Novel)")
        assert "Novel" in b.hears("FLAGS").words[0]
        assert b.hears("OK").code.startswith("PERMANENTFLAGS")
        assert "Novel" in b.hears("FETCH").fetched["FLAGS"]


def test_silent_store_does_not_hide_what_others_did(user):
    """b's own silent STORE comes on top of a change that b has not heard of: b hears of it all the same."""
    a, b = user.apart("a", "b")
    a.append()
    b.ok("NOOP")
    for flag in ("\\Flagged", "\\Draft", "word"):
        a.ok(f"STORE 1 +FLAGS ({flag})")
        reply = b.ok("STORE 1 +FLAGS.SILENT (\\Answered)")
        told = reply.flags.get(1) or b.ok("NOOP").flags.get(1)
        assert told and flag in told
        a.ok("STORE 1 -FLAGS (\\Answered)")
        b.ok("NOOP")


def test_store_is_one_call(private):
    """Who alone changes flags is told by the answer to that: nothing is asked after it. Another session still hears."""
    service = private()
    user = service.user_add("one")
    c = user.client("c", "INBOX")
    c.append(mail=letter())
    c.ok("NOOP")

    def calls():
        return sum(p["says"]["calls"] for p in service.status()["processes"] if (p["says"] or {}).get("role") == "shard")
    before = calls()
    for n in range(20):
        assert len(c.ok(f"STORE 1 {'-' if n % 2 else '+'}FLAGS (\\Flagged)").fetched) == 1
        c.ok(f"STORE 1 {'-' if n % 2 else '+'}FLAGS.SILENT (\\Seen)")
    status_calls = 2
    assert calls() - before <= 40 + status_calls
    d = user.client("d", "INBOX")
    c.store(1, "+FLAGS (\\Draft)")
    assert "\\Draft" in d.ok("NOOP").fetched[1]["FLAGS"]
    d.store(1, "-FLAGS (\\Draft)")
    assert "\\Draft" not in c.ok("NOOP").fetched[1]["FLAGS"]
    user.close()
