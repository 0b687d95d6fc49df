"""Searches of mailboxes that take several slices: whoever asks at the same time, and whatever changes meanwhile."""
import pytest

from mails import letter

HALF = 2 ** 11
RED, BLUE = list(range(1, 2 * HALF, 2)), list(range(2, 2 * HALF + 1, 2))


@pytest.fixture
def striped(user):
    """INBOX with a red and a blue message in turns, 2 * HALF of them."""
    a = user.client("a", "INBOX")
    a.append(mail=letter("red", body="a rose"))
    a.append(mail=letter("blue", body="the sea"))
    for _ in range(11):
        a.ok("COPY 1:* INBOX")
    return user


QUESTIONS = [
    ("SUBJECT RED", RED), ("SUBJECT red", RED), ("TEXT rose", RED), ("BODY sea", BLUE), ("NOT BODY sea", RED), ("SUBJECT blue BODY rose", []),
    ("OR SUBJECT blue BODY rose", RED + BLUE), ("FROM nosuchname", []), ("SUBJECT BLUE LARGER 1", BLUE), ("ALL", RED + BLUE),
]


def test_many_at_once(striped):
    """Searches take turns; one whose client leaves takes none any more."""
    askers = [(striped.client(f"c{i}", "INBOX"), question, answer) for i, (question, answer) in enumerate(QUESTIONS)]
    leaving = [striped.client(f"l{i}", "INBOX") for i in range(3)]
    for c in leaving:
        c.start("SEARCH TEXT nosuchword")
    tags = [c.start(f"SEARCH {question}") for c, question, _ in askers]
    for c in leaving:
        c.close()
    for (c, question, answer), tag in zip(askers, tags):
        assert c.reply(tag).found == sorted(answer), question


def test_again(striped):
    """What was found before is found again, and not in a message that is gone."""
    b = striped.client("b", "INBOX")
    for question, answer in QUESTIONS * 2:
        assert b.ok(f"SEARCH {question}").found == sorted(answer), question
    b.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)")
    b.ok("EXPUNGE")
    assert b.ok("SEARCH SUBJECT red").found == [n - 3 for n in RED if n > 3]


def test_bodies_again(people):
    """What a search learned of bodies serves the next one: of that message, of its copies, and of nobody else's; new mail is looked into."""
    words = ["copper kettle", "gr\u00fcner Tee", "\u0447\u0430\u0439 \u0441 \u043c\u0451\u0434\u043e\u043c", "\u7dd1\u8336", "x"]
    boxes = [people().client("a", "INBOX") for _ in range(2)]
    for a, mine in zip(boxes, (words, words[::-1])):
        for word in mine:
            a.append(mail=letter("tea", body=word))
    for n in range(3):
        for a, mine in zip(boxes, (words, words[::-1])):
            for i, word in enumerate(mine, 1):
                copies = [i + 5] if n > 1 else []
                assert a.ok("SEARCH CHARSET UTF-8 BODY", word.upper().encode()).found == [i] + copies, word
            assert a.ok("SEARCH BODY pot").found == [], n
            if n == 1:
                a.ok("COPY 1:5 INBOX")
                assert a.ok("SEARCH BODY kettles").found == []
    boxes[0].append(mail=letter("tea", body="pot"))
    assert boxes[0].ok("SEARCH BODY pot").found == [11]


def test_while_it_changes(striped):
    """Every slice waits for what it rests on to be durable; a client that changes flags all the time does not stop the search."""
    b, c = striped.client("b", "INBOX"), striped.client("c", "INBOX")
    for n in range(5):
        searching = b.start("SEARCH BODY rose")
        for i in range(20):
            c.ok(f"STORE {1 + i} {'+' if n % 2 else '-'}FLAGS.SILENT (\\Flagged)")
        assert b.reply(searching).found == RED
