"""maildir.py: what a Maildir holds, as tests compare it."""
import re


def subject_of(mail):
    return re.search(rb"(?m)^Subject: (.*?)\r?$", mail).group(1).decode()


def files(folder):
    """Subject to file."""
    return {subject_of(path.read_bytes()): path for part in ("cur", "new") for path in (folder / part).iterdir()}


def flags_of(path):
    """The letters after `:2,`."""
    return path.name.partition(":2,")[2]


def holds(folder):
    """Subject to flag letters."""
    return {subject: flags_of(path) for subject, path in files(folder).items()}


def set_flags(folder, subject, flags):
    path = files(folder)[subject]
    path.rename(folder / "cur" / (path.name.partition(":2,")[0] + ":2," + flags))


def add(folder, name, mail):
    """As a delivery agent would; line ends are those of the disk."""
    (folder / "new" / name).write_bytes(mail.replace(b"\r\n", b"\n"))
