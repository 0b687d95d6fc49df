"""rpc.py: the other side of the service's own sockets, for tests that lie to them.

Messages are read from common/rpc/rpc.def: u32 length, u32 call id, u16 message number, then the fields; numbers big-endian,
strings behind their u32 length.
"""
import re
import socket
import struct

from client import Closed, Timeout, TIMEOUT_S
from service import ROOT

_DEF = re.sub(r"/\*.*?\*/", "", (ROOT / "common/rpc/rpc.def").read_text(), flags=re.S)
_ERR = re.search(r"enum err \{(.*?)\}", (ROOT / "common/base/err.h").read_text(), re.S).group(1)
MESSAGES = {name: (int(no), re.findall(r"RPC_(U32|U64|STR)\((\w+)\)", fields))
            for name, no, fields in re.findall(r"RPC_MSG\((\w+), (\d+)\)(.*?)RPC_END", _DEF, re.S)}
NAMES = {no: name for name, (no, _) in MESSAGES.items()}
ERRORS = re.findall(r"\b(?:OK|ERR_\w+)\b", re.sub(r"/\*.*?\*/", "", _ERR, flags=re.S))
FRAME_MAX = 16 << 20


def encode(name, /, **values):
    """The fields of a message; those not named are zero or empty."""
    out = b""
    for kind, field in MESSAGES[name][1]:
        value = values.pop(field, b"" if kind == "STR" else 0)
        if kind == "STR":
            value = value.encode() if isinstance(value, str) else value
            out += struct.pack(">I", len(value)) + value
        else:
            out += struct.pack(">I" if kind == "U32" else ">Q", value)
    assert not values, values
    return out


def decode(name, raw):
    out, at = {}, 0
    for kind, field in MESSAGES[name][1]:
        if kind == "STR":
            n, = struct.unpack_from(">I", raw, at)
            out[field] = raw[at + 4:at + 4 + n]
            at += 4 + n
        else:
            out[field], = struct.unpack_from(">I" if kind == "U32" else ">Q", raw, at)
            at += 4 if kind == "U32" else 8
    assert at == len(raw)
    return out


def frame(call, no, fields):
    return struct.pack(">IIH", 6 + len(fields), call, no) + fields


class Rpc:
    """One connection to a socket of the service."""

    def __init__(self, service, door, hello=True, incarnation=0x1234):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(service.folder / "sock" / door))
        self.last, self.pending = 0, b""
        if hello:
            self.send(frame(0, *self.message("hello", version_least=1, version_most=1, incarnation=incarnation, who="frontend-test")))
            assert self.read()[1] == "hello"

    @staticmethod
    def message(name, /, **values):
        return MESSAGES[name][0], encode(name, **values)

    def send(self, raw):
        try:
            self.sock.sendall(raw)
        except OSError as e:
            raise Closed(str(e)) from None

    def _take(self, n):
        while len(self.pending) < n:
            try:
                got = self.sock.recv(1 << 16)
            except TimeoutError:
                raise Timeout("no answer") from None
            except ConnectionError as e:
                raise Closed(str(e)) from None
            if not got:
                raise Closed("end of stream")
            self.pending += got
        out, self.pending = self.pending[:n], self.pending[n:]
        return out

    def read(self):
        """The next frame: call id, name, fields."""
        n, call, no = struct.unpack(">IIH", self._take(10))
        return call, NAMES[no], decode(NAMES[no], self._take(n - 6))

    def start(self, name, /, **values):
        self.last += 1
        self.send(frame(self.last, *self.message(name, **values)))
        return self.last

    def more(self, call, name, /, **values):
        self.send(frame(call, *self.message(name, **values)))

    def ask(self, name, /, **values):
        """Calls, and waits for the end: the error's name and the answers, each (name, fields)."""
        call, answers = self.start(name, **values), []
        while True:
            heard, what, fields = self.read()
            if heard == call and what == "done":
                return ERRORS[fields["err"]], answers
            if heard == call:
                answers.append((what, fields))

    def hears_the_end(self):
        """Reads until the other side hangs up; returns the names of what it said."""
        said = []
        try:
            while True:
                said.append(self.read()[1])
        except Closed:
            return said

    def close(self):
        self.sock.close()


def login(service, user):
    """What the directory grants to somebody who knows the password."""
    rpc = Rpc(service, "directory")
    err, answers = rpc.ask("login", name=user.name, password=user.password, peer="test")
    rpc.close()
    assert err == "OK"
    return answers[0][1]


def resolve(service, name):
    """What the directory grants to an LMTP frontend: a ticket that may deliver."""
    rpc = Rpc(service, "directory-lmtp")
    err, answers = rpc.ask("resolve", recipient=name)
    rpc.close()
    assert err == "OK"
    return answers[0][1]
