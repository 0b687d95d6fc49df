"""Whatever we claim to be able to do has a test that says so: @pytest.mark.cap("NAME")."""
import re
from pathlib import Path


def claimed_by_tests():
    names = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for marks in re.findall(r"@pytest\.mark\.cap\(([^)]*)\)\s+(?:@.*\s+)*def test_", path.read_text()):
            names.update(re.findall(r'"([^"]+)"', marks))
    return names


def offered(service):
    """In every state that shows capabilities."""
    c = service.client("c")
    words = set(c.greeting.code.split()[1:]) | c.capabilities()
    c.starttls()
    return words | c.capabilities()


def test_every_capability_has_a_test(user, private):
    words = offered(user.service) | user.client("a").capabilities()
    words |= offered(private("literal = minus\nallow_plaintext = never"))
    untested = {w for w in words if w not in claimed_by_tests()}
    assert not untested
    assert len(words) > 20
