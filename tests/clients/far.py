"""far.py: what a mailbox of the service holds, as tests compare it."""
from maildir import subject_of


def far_mails(client, mailbox):
    """Subject to UID, flags without \\Recent, and the message."""
    client.select(mailbox, "EXAMINE")
    rows = client.ok("UID FETCH 1:* (FLAGS BODY.PEEK[])").fetched.values()
    return {subject_of(row["BODY[]"]): (row["UID"], set(row["FLAGS"]) - {"\\Recent"}, row["BODY[]"]) for row in rows}


def far_flags(client, mailbox):
    return {subject: flags for subject, (_, flags, _) in far_mails(client, mailbox).items()}
