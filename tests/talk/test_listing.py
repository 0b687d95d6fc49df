"""Listings: what was listed before is listed from pages made then, and must say what each message says when asked for alone."""
import time

from mails import letter

ITEMS = "(UID RFC822.SIZE INTERNALDATE ENVELOPE BODY BODYSTRUCTURE)"


def fill(client, first, n):
    for i in range(first, first + n):
        client.append(mail=letter(f"number {i}"))


def check(client, n):
    """Listed twice, and some of it: each row as the message says alone. Gives the subjects."""
    alone = {i: client.ok(f"FETCH {i} {ITEMS}").fetched[i] for i in range(1, n + 1)}
    for asked in ("1:*", "1:*", "5:40", "1,30:60,62:*"):
        for number, items in client.ok(f"FETCH {asked} {ITEMS}").fetched.items():
            assert items == alone[number], (asked, number)
    assert set(client.ok(f"FETCH 1:* {ITEMS}").fetched) == set(alone)
    return [alone[i]["ENVELOPE"][1] for i in range(1, n + 1)]


def subjects(*numbers):
    return [f"number {i}" for i in numbers]


def test_listed_again(private):
    service = private()
    a = service.user_add("anna").client("a", "INBOX")
    fill(a, 1, 150)
    assert check(a, 150) == subjects(*range(1, 151))
    time.sleep(1.5)                             # a checkpoint, with the pages
    fill(a, 151, 30)
    a.expunge(100)
    assert check(a, 179) == subjects(*range(1, 100), *range(101, 181))
    a.expunge("1:70")
    assert check(a, 109) == subjects(*range(71, 100), *range(101, 181))
    service.kill("shard")
    a.ok("NOOP")
    assert check(a, 109) == subjects(*range(71, 100), *range(101, 181))


def test_another_mailbox_of_the_same_name(user):
    """A page is of one mailbox, whose number is never given twice."""
    a = user.client("a", "INBOX")
    for first in (1, 1001):
        a.ok("CREATE box")
        a.ok("SELECT box")
        for i in range(first, first + 70):
            a.append("box", mail=letter(f"number {i}"))
        a.ok("NOOP")
        assert check(a, 70) == subjects(*range(first, first + 70))
        a.ok("SELECT INBOX")
        a.ok("DELETE box")
