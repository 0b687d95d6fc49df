"""Many clients change a mail store at random under tight limits: what is counted is what is there, and nothing passes a limit."""
import json
import random
import threading

import pytest

from mails import letter

LIMITS = {"storage": 40 * 1024, "messages": 30, "mailboxes": 8}
BOXES = ["INBOX", "a", "a/b", "c", "d/e", "f", "g/h/i"]
SEEDS = [1, 2]


class Changer(threading.Thread):
    """One client that does what luck says; NO is an answer, too."""

    def __init__(self, user, name, steps, luck):
        super().__init__(name=name)
        self.luck, self.steps, self.fault = luck, steps, None
        self.c = user.client(name)

    def run(self):
        try:
            for _ in range(self.steps):
                reply = self.step()
                assert reply.status_word in ("OK", "NO"), reply
        except Exception as e:  # pylint: disable=broad-exception-caught
            self.fault = e

    def step(self):
        luck, box, other = self.luck, self.luck.choice(BOXES), self.luck.choice(BOXES)
        what = luck.choice(["append"] * 5 + ["copy"] * 3 + ["move", "delete", "expunge", "create", "create", "drop", "rename"])
        if what == "append":
            mail = letter(body="x" * luck.choice([0, 100, 3000, 9000, 30000]))
            return self.c.do(f"APPEND {box} (\\Seen)", mail)
        if what in ("create", "drop", "rename"):
            return self.c.do({"create": f"CREATE {box}", "drop": f"DELETE {box}", "rename": f"RENAME {box} {other}"}[what])
        opened = self.c.do(f"SELECT {box}")
        if opened.status_word == "NO":
            return opened
        low = luck.randrange(1, 60)
        uids = f"{low}:{low + luck.randrange(12)}"
        if what == "expunge":
            return self.c.do("EXPUNGE")
        if what == "delete":
            return self.c.do(f"UID STORE {uids} +FLAGS.SILENT (\\Deleted)")
        return self.c.do(f"UID {what.upper()} {uids} {other}")


class Sender(threading.Thread):
    def __init__(self, user, steps, luck):
        super().__init__(name="sender")
        self.user, self.steps, self.luck, self.fault = user, steps, luck, None

    def run(self):
        try:
            lmtp = self.user.service.lmtp_client()
            for _ in range(self.steps):
                (code, text), = lmtp.deliver(letter(body="x" * self.luck.choice([0, 500, 4000])), self.user.name)
                assert code in (250, 552), (code, text)
            lmtp.close()
        except Exception as e:  # pylint: disable=broad-exception-caught
            self.fault = e


class Watcher(threading.Thread):
    """Asks all the time whether a limit was passed."""

    def __init__(self, user, grace):
        super().__init__(name="watcher")
        self.c, self.root, self.grace, self.over, self.fault = user.client("watch"), user.name, grace, threading.Event(), None

    def run(self):
        try:
            while not self.over.is_set():
                line, = self.c.ok(f"GETQUOTA {self.root}").of("QUOTA")
                words = line.words[1]
                for what, used, limit in zip(words[::3], words[1::3], words[2::3]):
                    most = limit if what == "MAILBOX" else limit * (100 + self.grace) // 100
                    assert used <= most, line.text
        except Exception as e:  # pylint: disable=broad-exception-caught
            self.fault = e


def counted(service, name):
    user, = json.loads(service.roost("quota", "get", name, "--json").stdout)
    return tuple(user[key]["used"] for key in ("storage", "messages", "mailboxes"))


def there(c):
    """What LIST-STATUS adds up to."""
    reply = c.ok('LIST "" "*" RETURN (STATUS (MESSAGES SIZE))')
    boxes = reply.status.values()
    return sum(b["SIZE"] for b in boxes), sum(b["MESSAGES"] for b in boxes), len(reply.listed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("grace", [0, 10])
def test_usage_is_the_sum_of_rows(private, seed, grace):
    service = private(init=("--frontends", "2"))
    service.roost("quota", "class", "default", "--grace", f"{grace}%")
    ann = service.user_add("ann")
    service.roost("quota", "set", "ann", *[w for k, v in LIMITS.items() for w in (f"--{k}", str(v))])
    check = ann.client("check")
    for round_no in range(3):
        luck = random.Random(f"{seed}/{grace}/{round_no}")
        workers = [Changer(ann, f"w{round_no}x{i}", 40, random.Random(luck.random())) for i in range(4)]
        if grace:
            workers.append(Sender(ann, 30, random.Random(luck.random())))
        watcher = Watcher(ann, grace)
        for thread in [watcher, *workers]:
            thread.start()
        if round_no == 1:
            service.kill("shard")                     # calls are held, and asked again
        for thread in workers:
            thread.join(120)
        watcher.over.set()
        watcher.join(60)
        assert not [t.fault for t in [watcher, *workers] if t.fault], f"round {round_no}"
        assert counted(service, "ann") == there(check), f"round {round_no}"
