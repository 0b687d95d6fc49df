"""Clients that are slow, stop, or vanish: they cost themselves, nobody else, and nothing stays behind."""
import contextlib
import itertools
import socket
import struct
import time

import pytest

from client import SLOW, Closed, Timeout, until
from hardship import MIB, hardship, nothing_leaks, own_bytes
from mails import letter

BODY = b"Subject: large\r\n\r\n" + b"0123456789abcde\r\n" * 500_000       # 8 MB


def vanish(c, how):
    """close: as a program ends; reset: as a machine does."""
    if how == "reset":
        c.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


# ---- vanished ----

def half_a_command(c):
    c.wire.send(b"x SELECT INB")


def half_a_literal(c):
    c.wire.send(b"x SELECT {5000+}\r\nabc")


def half_a_message(c):
    c.wire.send(b"x APPEND INBOX {%d+}\r\n" % len(BODY) + BODY[:3_000_000])


def announced_message(c):
    c.wire.send(b"x APPEND INBOX {100000000}\r\n")


def half_an_answer(c):
    c.select()
    c.start("FETCH 1 BODY.PEEK[]")
    c.wire.take(5000)


def unread_answers(c):
    c.select()
    with contextlib.suppress(Timeout, TimeoutError, Closed, OSError):
        c.wire.sock.settimeout(0.2)
        for _ in range(200):
            c.wire.sock.sendall(b"x FETCH 1 BODY.PEEK[]\r\n" * 100)


def idling(c):
    c.select()
    c.start("IDLE")
    c.line()


def searching(c):
    c.select()
    c.start("SEARCH TEXT nosuchword")


def authenticating(c):
    c.select()
    c.wire.send(b"x LOGOUT")


WAYS = [half_a_command, half_a_literal, half_a_message, announced_message, half_an_answer, unread_answers, idling, searching, authenticating]


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("way", WAYS)
def test_vanished(user, way, how):
    """Ten at once, in the middle of it; then everything is as it was."""
    user.client("a", "INBOX").append(mail=BODY)
    user.close()
    with hardship(user, seconds=20, mib=16), nothing_leaks(user.service):
        clients = [user.client(f"c{i}") for i in range(10)]
        for c in clients:
            way(c)
        for c in clients:
            vanish(c, how)
        user.clients = []
    b = user.client("b")
    assert b.ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 1


def test_come_and_go(user):
    """A thousand connections that say nothing, and two hundred that log in."""
    with hardship(user, seconds=20, mib=8), nothing_leaks(user.service):
        for _ in range(1000):
            socket.create_connection(user.service.imap).close()
        for _ in range(200):
            c = user.service.client("c")
            c.login(user.name)
            c.select()
            c.close()
        for _ in range(200):
            socket.create_connection(user.service.lmtp).close()


# ---- slow ----

def test_a_byte_at_a_time(private):
    """The time to log in is for the whole of it: a client that keeps dripping is shown the door all the same."""
    service = private("login_timeout = 1s")
    user = service.user_add("ann")
    with hardship(user, seconds=20, mib=4), nothing_leaks(service):
        dripping = [service.client(f"c{i}") for i in range(50)]
        end = time.monotonic() + 1.5 * SLOW
        drops = itertools.cycle(b"x NOOP\r\n")
        while time.monotonic() < end:
            drop = bytes([next(drops)])
            for c in dripping:
                with contextlib.suppress(OSError):
                    c.wire.send(drop)
            time.sleep(0.02)
        for c in dripping:
            assert "BYE" in c.hears_the_end().kinds()
            c.close()


def test_others_do_not_wait(user):
    """Fifty stalled in the middle of large things; a neighbour's commands take as long as ever."""
    a = user.client("a", "INBOX")
    a.append(mail=BODY)
    stalled = [user.client(f"c{i}", "INBOX") for i in range(50)]
    with hardship(user, seconds=20, mib=50):
        for i, c in enumerate(stalled):
            if i % 2:
                c.start("FETCH 1 BODY.PEEK[]")
            else:
                c.wire.send(b"x APPEND INBOX {%d+}\r\n" % len(BODY) + BODY[:50_000])
        worst = 0
        for i in range(50):
            start = time.monotonic()
            a.ok("FETCH 1 (FLAGS ENVELOPE BODY.PEEK[HEADER])")
            worst = max(worst, time.monotonic() - start)
        a.append(mail=letter())
        assert worst < 1 * SLOW
        user.close()


def test_answers_nobody_reads(user):
    """Who asks and asks and never reads is not asked to wait politely: nothing more is read from them (back-pressure)."""
    a = user.client("a", "INBOX")
    a.append(mail=letter(body="x" * 10_000))
    with hardship(user, seconds=30, mib=2):
        sent = 0
        a.wire.sock.settimeout(1 * SLOW)
        with contextlib.suppress(TimeoutError):
            while sent < 64 * MIB:
                sent += a.wire.sock.send(b"x FETCH 1 BODY.PEEK[]\r\n" * 500)
        assert sent < 64 * MIB
        a.close()


def test_idling_without_reading(user):
    """News for somebody who does not read pile up as numbers, not as words; and they are right when read at last."""
    a, b = user.apart("a", "b")
    tag = b.start("IDLE")
    b.line()
    with hardship(user, seconds=30, mib=4):
        a.append()
        for i in range(2000):
            a.wire.send(b"x%d STORE 1 %cFLAGS.SILENT (\\Flagged)\r\n" % (i, b"+-"[i % 2]))
        for i in range(2000):
            assert a.reply(f"x{i}").status_word == "OK"
    b.wire.send(b"DONE\r\n")
    assert b.reply(tag).status_word == "OK"
    assert "\\Flagged" not in b.ok("FETCH 1 FLAGS").flags[1]


# ---- many ----

def test_idle_sessions_are_cheap(user):
    """Two hundred idle in one mailbox: kilobytes each, and none stays when they go."""
    service = user.service
    with hardship(user, seconds=30, mib=8), nothing_leaks(service):
        before = sum(own_bytes(pid) for pid in service.pids("imap"))
        clients = [user.client(f"c{i}", "INBOX") for i in range(200)]
        for c in clients:
            c.start("IDLE")
            c.line()
        grown = sum(own_bytes(pid) for pid in service.pids("imap")) - before
        assert grown < 200 * 16 * 1024 * SLOW * SLOW
        user.client("a", "INBOX").append()
        for c in clients:
            c.expect("* 1 EXISTS")
        user.close()


def test_more_connections_than_descriptors_forgive(user):
    """Hundreds who say nothing do not keep one out who does."""
    with hardship(user, seconds=20, mib=16), nothing_leaks(user.service, 4 * MIB):
        silent = [socket.create_connection(user.service.imap) for _ in range(800)]
        until(lambda: user.service.client("c").ok("NOOP"))
        for sock in silent:
            sock.close()
