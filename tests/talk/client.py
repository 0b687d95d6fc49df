"""client.py: an IMAP client and an LMTP client that hide nothing of the conversation.

A Client sends lines as they are written in the test, and reads answers into Reply and Line, which keep the words as
they came and offer the few structures that tests ask for. Every wait has an end (TIMEOUT_S).
"""
import contextlib
import os
import re
import socket
import ssl
import time

SLOW = 4 if os.environ.get("ROOST_SLOW") == "1" else 1
TIMEOUT_S = 10 * SLOW


class Timeout(AssertionError):
    """The other side did not say what the test waited for."""


class Closed(AssertionError):
    """The other side hung up."""


# ---- what the server says ----

def parse(raw):
    """The words of one line: atoms and quoted strings as str, numbers as int, literals as bytes, NIL as None, lists."""
    items, rest = _parse_list(raw, 0, None)
    assert rest == len(raw)
    return items


def _parse_list(raw, i, end):
    items = []
    while i < len(raw):
        c = raw[i:i + 1]
        if c == end:
            return items, i + 1
        if c == b" ":
            i += 1
        elif c == b"(":
            item, i = _parse_list(raw, i + 1, b")")
            items.append(item)
        else:
            item, i = _parse_word(raw, i)
            items.append(item)
    assert end is None, f"unbalanced: {raw!r}"
    return items, i


def _parse_word(raw, i):
    literal = re.compile(rb"~?\{(\d+)\}\r\n").match(raw, i)
    if literal:
        end = literal.end() + int(literal.group(1))
        return raw[literal.end():end], end
    if raw[i:i + 1] == b'"':
        quoted = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S).match(raw, i)
        return re.sub(rb"\\(.)", rb"\1", quoted.group(1)).decode("utf-8", "surrogateescape"), quoted.end()
    atom = re.compile(rb"(?:[^\s()\[\]]|\[[^\]]*\])+").match(raw, i)
    text = atom.group().decode("utf-8", "surrogateescape")
    if text.isdigit():
        return int(text), atom.end()
    return (None if text.upper() == "NIL" else text), atom.end()


class Line:
    """One response, its literals included: `* 2 FETCH (...)` has kind FETCH, number 2 and the dict `fetched`."""

    def __init__(self, raw):
        self.raw = raw
        self.text = raw.decode("utf-8", "surrogateescape")
        words = self.text.split(" ", 3)
        numbered = len(words) > 2 and words[1].isdigit()
        self.tag = words[0]
        self.number = int(words[1]) if numbered else None
        self.kind = words[2 if numbered else 1].upper() if len(words) > 1 else ""
        coded = re.match(r"\S+ (?:OK|NO|BAD|BYE|PREAUTH) \[([^\]]*(?:\([^)]*\))?[^\]]*)\]", self.text)
        self.code = coded.group(1) if coded else None

    @property
    def words(self):
        """What follows the kind."""
        return parse(self.raw)[3 if self.number is not None else 2:]

    @property
    def fetched(self):
        pairs = self.words[0]
        return {k.upper(): v for k, v in zip(pairs[::2], pairs[1::2])}

    def __repr__(self):
        return self.text if len(self.text) < 300 else self.text[:300] + "..."


class Said:
    """Untagged lines in their order, and what tests want to know of them."""

    def __init__(self, lines):
        self.lines = lines

    def __repr__(self):
        return "\n".join(repr(line) for line in self.lines)

    def __contains__(self, text):
        return text in self.texts

    @property
    def texts(self):
        return [line.text for line in self.lines]

    def of(self, kind):
        return [line for line in self.lines if line.kind == kind]

    def kinds(self):
        return [line.kind for line in self.lines]

    def numbers(self, kind):
        return [line.number for line in self.of(kind)]

    @property
    def exists(self):
        found = self.numbers("EXISTS")
        return found[-1] if found else None

    @property
    def recent(self):
        found = self.numbers("RECENT")
        return found[-1] if found else None

    @property
    def expunged(self):
        return self.numbers("EXPUNGE")

    @property
    def vanished(self):
        return [line.text.partition("VANISHED ")[2] for line in self.of("VANISHED")]

    @property
    def fetched(self):
        """Number to items; several lines about one message are merged."""
        out = {}
        for line in self.of("FETCH"):
            out.setdefault(line.number, {}).update(line.fetched)
        return out

    @property
    def flags(self):
        return {n: set(items["FLAGS"]) for n, items in self.fetched.items() if "FLAGS" in items}

    @property
    def found(self):
        """SEARCH's numbers, in their order."""
        return [n for line in self.of("SEARCH") for n in line.words if isinstance(n, int)]

    @property
    def esearch(self):
        line, = self.of("ESEARCH")
        words = [w for w in line.words if not isinstance(w, list)]
        out = {"UID": "UID" in words}
        words = [w for w in words if w != "UID"]
        out.update(zip(words[::2], words[1::2]))
        return out

    @property
    def status(self):
        """STATUS: mailbox to its items."""
        return {line.words[0]: dict(zip(line.words[1][::2], line.words[1][1::2])) for line in self.of("STATUS")}

    @property
    def listed(self):
        """LIST and LSUB: name to its attributes."""
        return {_text(line.words[2]): set(line.words[0]) for line in self.lines if line.kind in ("LIST", "LSUB")}

    def code(self, name):
        """What an untagged OK says in its code: `[UIDNEXT 4]` is "4"; None: not said."""
        for line in self.lines:
            if line.code and line.code.split(" ")[0] == name:
                return line.code.partition(" ")[2]
        return None


def _text(word):
    return word.decode("utf-8", "surrogateescape") if isinstance(word, bytes) else word


class Reply(Said):
    """A tagged answer and all that came before it."""

    def __init__(self, lines, tagged):
        super().__init__(lines)
        self.tagged = tagged
        self.status_word = tagged.kind
        self.tagged_code = tagged.code

    def __repr__(self):
        return "\n".join([super().__repr__(), repr(self.tagged)])

    def code(self, name):
        if self.tagged_code and self.tagged_code.split(" ")[0] == name:
            return self.tagged_code.partition(" ")[2]
        return super().code(name)


# ---- the wire ----

class Wire:
    """Bytes in and out of one socket, with a clock."""

    def __init__(self, where, tls=False):
        self.sock = socket.create_connection(where, timeout=TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = bytearray()
        if tls:
            self.secure()

    def secure(self, context=None, name=None):
        if not context:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=name)

    def send(self, data):
        self.sock.settimeout(TIMEOUT_S)
        self.sock.sendall(data)

    def more(self, timeout_s=None):
        self.sock.settimeout(TIMEOUT_S if timeout_s is None else max(timeout_s, 0.001))
        try:
            data = self.sock.recv(1 << 18)
        except (TimeoutError, ssl.SSLWantReadError):
            raise Timeout(f"nothing said; so far {self.pending[:200]!r}") from None
        except (ConnectionError, ssl.SSLError) as e:
            raise Closed(str(e)) from None
        if not data:
            raise Closed(f"end of stream; so far {self.pending[:200]!r}")
        self.pending += data

    def _cut(self, n, drop):
        out = bytes(self.pending[:n])
        del self.pending[:n + drop]
        return out

    def take(self, n, timeout_s=None):
        while len(self.pending) < n:
            self.more(timeout_s)
        return self._cut(n, 0)

    def line(self, timeout_s=None):
        """Up to CRLF, which is left off."""
        at = 0
        while True:
            end = self.pending.find(b"\r\n", at)
            if end >= 0:
                return self._cut(end, 2)
            at = max(0, len(self.pending) - 1)
            self.more(timeout_s)

    def close(self):
        self.sock.close()


class Client:
    """One IMAP client with a name. `ok`, `no` and `bad` send one command and insist on how it ends."""

    def __init__(self, where, name="client", tls=False, greeted=True):
        self.name = name
        self.wire = Wire(where, tls)
        self.n = 0
        self.greeting = self.line() if greeted else None

    # reading

    def line(self, timeout_s=None):
        raw = self.wire.line(timeout_s)
        while True:
            literal = re.search(rb"~?\{(\d+)\}$", raw)
            if not literal:
                return Line(raw)
            raw += b"\r\n" + self.wire.take(int(literal.group(1)), timeout_s) + self.wire.line(timeout_s)

    def reply(self, tag):
        """Lines up to the tagged one."""
        lines = []
        while True:
            line = self.line()
            if line.tag == tag:
                return Reply(lines, line)
            lines.append(line)

    def expect(self, *texts):
        """Reads until each of these lines was said, in any order; returns all that was said."""
        missing, lines = list(texts), []
        while missing:
            try:
                line = self.line()
            except Timeout:
                raise Timeout(f"{self.name} never heard {missing}, only {[l.text for l in lines]}") from None
            lines.append(line)
            if line.text in missing:
                missing.remove(line.text)
        return Said(lines)

    def hears(self, kind):
        """The next line must be of this kind."""
        line = self.line()
        assert line.kind == kind, f"{self.name} heard {line!r}, not {kind}"
        return line

    def hears_nothing(self, for_s=0.3):
        """Silence, for a moment."""
        try:
            line = self.line(for_s)
        except Timeout:
            return
        raise AssertionError(f"{self.name} heard {line!r}, not silence")

    def hears_the_end(self):
        """Reads to the end of the stream; returns what was said."""
        lines = []
        with contextlib.suppress(Closed):
            while True:
                lines.append(self.line())
        return Said(lines)

    # writing

    def tag(self):
        self.n += 1
        return f"{self.name}{self.n}"

    def start(self, *parts):
        """Sends one command and does not wait. str parts are words, bytes parts go as non-synchronizing literals."""
        tag = self.tag()
        self.wire.send(tag.encode() + b" " + encode(parts) + b"\r\n")
        return tag

    def do(self, *parts):
        return self.reply(self.start(*parts))

    def _ends(self, parts, status):
        reply = self.do(*parts)
        assert reply.status_word == status, f"{self.name}: {parts!r} got\n{reply!r}"
        return reply

    def ok(self, *parts):
        return self._ends(parts, "OK")

    def no(self, *parts, code=None):
        reply = self._ends(parts, "NO")
        assert code is None or reply.tagged_code == code, f"{self.name}: {parts!r} got\n{reply!r}"
        return reply

    def bad(self, *parts):
        return self._ends(parts, "BAD")

    # shorthand for what every test says

    def login(self, user, password="pw"):
        return self.ok(f'LOGIN "{user}" "{password}"')

    def select(self, mailbox="INBOX", how="SELECT"):
        return self.ok(f'{how} "{mailbox}"')

    def append(self, mailbox="INBOX", mail=b"Subject: hi\r\n\r\nbody\r\n", flags=None):
        """Returns the new UID."""
        words = f'APPEND "{mailbox}" ' + (f"({flags}) " if flags is not None else "")
        reply = self.ok(words, mail)
        return int(reply.code("APPENDUID").split()[1])

    def store(self, numbers, what):
        return self.ok(f"STORE {numbers} {what}")

    def expunge(self, uid):
        """Deletes for good, and is silent about it."""
        self.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        return self.ok(f"UID EXPUNGE {uid}")

    @contextlib.contextmanager
    def idle(self):
        """Idles inside; what was said while ending is in `last_idle`."""
        tag = self.start("IDLE")
        line = self.line()
        self.before_idle = []
        while line.tag != "+":
            self.before_idle.append(line)
            line = self.line()
        yield self
        self.wire.send(b"DONE\r\n")
        self.last_idle = self.reply(tag)
        assert self.last_idle.status_word == "OK"

    def starttls(self, context=None, name=None):
        self.ok("STARTTLS")
        self.wire.secure(context, name)

    def capabilities(self):
        return set(self.ok("CAPABILITY").of("CAPABILITY")[0].text.split()[2:])

    def logout(self):
        reply = self.ok("LOGOUT")
        assert reply.of("BYE")
        self.wire.close()

    def close(self):
        self.wire.close()


def encode(parts):
    """Words and literals, with spaces between unless a word brings its own."""
    out = b""
    for part in parts:
        out += b" " if out and not out.endswith((b" ", b"(")) else b""
        out += part.encode("utf-8", "surrogateescape") if isinstance(part, str) else b"{%d+}\r\n%s" % (len(part), part)
    return out


# ---- LMTP ----

class Lmtp:
    """One LMTP client. Answers are (code, text) with the lines of a long answer joined."""

    def __init__(self, where, hello="LHLO test.example"):
        self.wire = Wire(where)
        self.greeting = self.answer()
        self.hello = self.say(hello) if hello else None

    def answer(self):
        texts = []
        while True:
            line = self.wire.line().decode("utf-8", "surrogateescape")
            texts.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(texts)

    def say(self, line):
        self.wire.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.answer()

    def deliver(self, mail, *to, sender="sender@test.example"):
        """One answer for each recipient that was accepted; those refused answer at once."""
        assert self.say(f"MAIL FROM:<{sender}>")[0] == 250
        answers = [self.say(f"RCPT TO:<{name}>") for name in to]
        n = sum(code == 250 for code, _ in answers)
        if n == 0:
            self.say("RSET")
            return answers
        assert self.say("DATA")[0] == 354
        dotted = re.sub(rb"(?m)^\.", b"..", mail)
        self.wire.send(dotted + (b"" if dotted.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return [self.answer() if code == 250 else (code, text) for code, text in answers]

    def close(self):
        self.wire.close()


def until(what, timeout_s=TIMEOUT_S, step_s=0.02):
    """Waits until what() is true, and returns that truth."""
    end = time.monotonic() + timeout_s
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise Timeout("it never became true")
        time.sleep(step_s)
