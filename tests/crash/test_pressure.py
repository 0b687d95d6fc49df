"""What others do at full speed delays nobody for ever."""
import threading
import time


def test_readers_are_not_starved_by_writers(victim):
    """Sixteen connections append to one mailbox without a pause: some change of the user is always on its way to the disk."""
    service = victim(init=("--frontends", "2"))
    user = service.user_add("ann")
    reader = user.client("reader", "INBOX")
    reader.append(mail=b"Subject: one\r\n\r\nneedle\r\n")
    writers = [user.client(f"w{i}") for i in range(16)]
    over = threading.Event()

    def write(c):
        while not over.is_set():
            tags = [c.start("APPEND INBOX", b"Subject: more\r\n\r\nmore\r\n") for _ in range(50)]
            for tag in tags:
                c.reply(tag)
    threads = [threading.Thread(target=write, args=(c,), daemon=True) for c in writers]
    for t in threads:
        t.start()
    took = {}
    for what in ("UID FETCH 1 (BODY.PEEK[])", 'UID SEARCH UID 1 BODY "needle"', "UID FETCH 1 FLAGS", "NOOP", "STATUS INBOX (MESSAGES)"):
        worst = 0
        for _ in range(5):
            start = time.monotonic()
            reader.ok(what)
            worst = max(worst, time.monotonic() - start)
        took[what] = worst
    over.set()
    for t in threads:
        t.join()
    assert max(took.values()) < 5, took
