"""Many at once: calls whose record or answer could grow beyond what one may be. Such a call is refused; nobody else notices."""
import time

from mails import letter

WORDS = [f"keyword-{n}" for n in range(1000)]


def fill(client, doublings):
    """2 ** doublings messages in INBOX."""
    client.append(mail=letter("one"))
    for _ in range(doublings):
        client.ok("COPY 1:* INBOX")


def test_a_store_beyond_one_answer(service, user):
    """A thousand keywords on 16,384 messages would be an answer of 33 MB, and a copy of them a record as large."""
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
    a.no("COPY 1:12288 there")
    assert a.ok("STATUS there (MESSAGES)").status["there"]["MESSAGES"] == 0
    a.ok("COPY 1:1000 there")
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
    assert time.monotonic() - started < 5
