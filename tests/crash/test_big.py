"""A shard is killed while it applies what one command says about many messages: it happens once, and all of it."""
import os
import random
import signal
import time

from client import TIMEOUT_S, until

N = 1 << 14


def counts(client, *names):
    status = client.ok(f'LIST "" ({" ".join(names)}) RETURN (STATUS (MESSAGES))').status
    return [status[name]["MESSAGES"] for name in names]


def killed_while(service, killed, client, words):
    """The command's answer, with the shard killed some moment after it was sent. Who is killed again and again is started ever later."""
    def alive():
        return [pid for pid in service.pids("shard") if pid not in killed]
    tag = client.start(words)
    time.sleep(random.random() * 0.03)
    killed.extend(alive())
    os.kill(killed[-1], signal.SIGKILL)
    until(alive, 3 * TIMEOUT_S)
    assert client.reply(tag).status_word == "OK"


def test_big_changes_happen_once(victim):
    service, killed = victim(), []
    user = service.user_add("big")
    a, b = user.client("a", "INBOX"), user.client("b")
    a.append(mail=b"Subject: one\r\n\r\nx\r\n")
    while counts(b, "INBOX") != [N]:
        a.ok("COPY 1:* INBOX")
        a.ok("NOOP")
    for name in ("there", "away"):
        a.ok(f"CREATE {name}")
    for times in range(1, 4):
        killed_while(service, killed, a, "COPY 1:* there")
        assert counts(b, "there") == [times * N]
    killed_while(service, killed, a, "MOVE 1:* away")
    assert counts(b, "INBOX", "away", "there") == [0, N, 3 * N]
    a.select("away")
    a.ok("COPY 1:* INBOX")
    killed_while(service, killed, b, "RENAME INBOX old")
    assert counts(b, "INBOX", "old", "away") == [0, N, N]
    killed_while(service, killed, b, "DELETE there")
    killed_while(service, killed, b, "DELETE old")
    assert b.no("SELECT there") and b.no("SELECT old")
    a.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    killed_while(service, killed, a, "EXPUNGE")
    assert counts(b, "INBOX", "away") == [0, 0]
