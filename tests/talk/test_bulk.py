"""Many at once: calls whose record or answer could grow beyond what one may be. Such a call is refused; nobody else notices."""
import base64
import os
import time

import pytest

from client import SLOW, until
from mails import letter

WORDS = [f"keyword-{n}" for n in range(1000)]


def fill(client, doublings):
    """2 ** doublings messages in INBOX."""
    client.append(mail=letter("one"))
    for _ in range(doublings):
        client.ok("COPY 1:* INBOX")


def test_a_store_beyond_one_answer(service, user):
    """A thousand keywords on 16,384 messages would be an answer of 33 MB; a copy of them is a small record."""
    a, b = user.apart("a", "b")
    pids = service.pids("shard")
    fill(a, 14)
    keywords = "(" + " ".join(WORDS) + ")"
    a.no("STORE 1:* +FLAGS.SILENT " + keywords)
    a.ok("NOOP")
    assert a.ok("SEARCH UNKEYWORD keyword-1 1:3").found == [1, 2, 3]
    a.ok("STORE 1:4096 +FLAGS.SILENT " + keywords)
    assert b.ok("NOOP").tagged_code is None
    a.ok("STORE 4097:8192 +FLAGS.SILENT " + keywords)
    a.ok("STORE 8193:12288 +FLAGS.SILENT " + keywords)
    a.ok("CREATE there")
    a.ok("COPY 1:12288 there")
    assert a.ok("STATUS there (MESSAGES)").status["there"]["MESSAGES"] == 12288
    b.select("there")
    assert len(b.ok("SEARCH KEYWORD keyword-0 KEYWORD keyword-999").found) == 12288
    c = user.client("c", "INBOX")
    assert len(c.ok("FETCH 12280:12300 FLAGS").fetched) == 21
    assert service.pids("shard") == pids, "the shard went down"


def test_thousands_of_mailboxes_are_renamed_and_listed(user):
    a = user.client("a")
    for first in range(0, 3000, 250):
        for tag in [a.start(f"{verb} tree/{n}") for n in range(first, first + 250) for verb in ("CREATE", "SUBSCRIBE")]:
            assert a.reply(tag).status_word == "OK"
    started = time.monotonic()
    a.ok("RENAME tree forest")
    assert len(a.ok('LIST "" forest/*').of("LIST")) == 3000
    assert len(a.ok('LSUB "" tree/*').of("LSUB")) == 3000
    assert time.monotonic() - started < 5 * SLOW


def descriptions():
    """Headers that double when they are quoted, and do not compress."""
    for _ in range(130):
        words = base64.b64encode(os.urandom(48_000)).replace(b"A", b'"').replace(b"B", b"\\")
        yield b"Content-Description: " + b"\r\n ".join(words[at:at + 900] for at in range(0, len(words), 900)) + b"\r\n\r\nx"


def senders():
    """A list of short addresses is many times as long in an envelope, and Sender and Reply-To repeat it."""
    for _ in range(60):
        yield b"Content-Type: message/rfc822\r\n\r\nFrom: " + b"\r\n ".join([b"a," * 400] * 80) + b"\r\n\r\nx"


@pytest.mark.parametrize("parts", [descriptions, senders])
def test_a_message_whose_structure_is_larger_than_itself(service, user, parts):
    a = user.client("a", "INBOX")
    pids = service.pids("shard")
    a.append(mail=b"Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
             b"".join(b"--b\r\n" + part + b"\r\n" for part in parts()) + b"--b--\r\n")
    a.ok("FETCH 1 (ENVELOPE BODY BODYSTRUCTURE)")
    assert a.ok("FETCH 1 (BODY.PEEK[2]<0.4>)").fetched
    assert service.pids("shard") == pids, "the shard went down"


def test_what_is_being_copied_is_there_at_once(user):
    """A copy of many messages is applied in parts, and a move, and a delete: whoever asks meanwhile hears of all of it or of nothing."""
    a, b = user.client("a", "INBOX"), user.client("b")
    fill(a, 15)
    states = [(1 << 15, 0), (1 << 15, 1 << 15), (0, 1 << 16)]
    a.ok("CREATE there")
    for words, before, after in [("COPY 1:* there", *states[:2]), ("MOVE 1:* there", *states[1:])]:
        seen = set()

        def look():
            status = b.ok('LIST "" (INBOX there) RETURN (STATUS (MESSAGES))').status
            seen.add((status["INBOX"]["MESSAGES"], status["there"]["MESSAGES"]))
            return after in seen

        tag = a.start(words)
        until(look)
        assert a.reply(tag).status_word == "OK" and seen <= {before, after}
    a.ok("DELETE there")
    tags = [a.start(words) for words in ("STATUS INBOX (MESSAGES)", "CREATE there", "STATUS there (MESSAGES)")]
    assert b.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 0
    assert [a.reply(tag).status_word for tag in tags] == ["OK"] * 3


def test_a_store_of_many_calls(user):
    """40,000 messages are stored some at a time: the answer is one, in order, and so is what fails or is gone."""
    a, b = user.client("a", "INBOX"), user.client("b")
    fill(a, 15)
    a.ok("COPY 1:7232 INBOX")
    n = 40_000
    b.select()
    rows = a.ok("STORE 1:* +FLAGS (\\Flagged one)").fetched
    assert list(rows) == list(range(1, n + 1)) and all({"\\Flagged", "one"} <= set(row["FLAGS"]) for row in rows.values())
    assert len(b.ok("NOOP").fetched) == n
    b.ok("STORE 39999 +FLAGS.SILENT (\\Deleted)")
    b.ok("EXPUNGE")
    reply = a.do("STORE 2,20000,39999,40000 +FLAGS.SILENT (\\Seen)")
    assert reply.status_word == "NO" and not reply.fetched
    a.ok("NOOP")
    assert a.ok("SEARCH SEEN").found == [2, 20000, 39999]
    since = a.ok("STATUS INBOX (HIGHESTMODSEQ)").status["INBOX"]["HIGHESTMODSEQ"]
    b.ok("NOOP")
    b.ok("STORE 5,30000 +FLAGS.SILENT (\\Draft)")
    assert "MODIFIED 5,30000]" in str(a.ok(f"STORE 1:* (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\\Answered)"))
    assert a.ok("SEARCH UNANSWERED").found == [5, 30000]
