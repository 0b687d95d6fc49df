"""tools/profile.py: perf's text becomes stacks, stacks become a picture."""
import importlib.util
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("profile_tool", Path(__file__).resolve().parents[2] / "tools/profile.py")
profile = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(profile)

SCRIPT = """roost-storaged
\t    7f01 inner+0x12 (/lib/libc.so.6)
\t    5501 operator <(a, b)+0x1 (/bin/roost storaged)
\t    5502 main (/bin/roost-storaged)

roost-storaged
\t    5502 main (/bin/roost-storaged)
"""


def test_fold():
    assert profile.fold("") == {}
    stacks = profile.fold(SCRIPT.replace("roost storaged", "x"))
    assert stacks == {("main", "operator <(a, b)", "inner"): 1, ("main",): 1}


def test_picture():
    picture = ElementTree.fromstring(profile.flame_graph({("main", "a<b>&"): 3, ("main", "c"): 1, ("x",) * 300: 1}, "one & two"))
    titles = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "main: 80.0 %, 4 samples" in titles and "a<b>&: 60.0 %, 3 samples" in titles
    assert ElementTree.fromstring(profile.flame_graph({}, "nothing")) is not None
    for rect in picture.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(rect.get("x") or 0) + float(rect.get("width")) <= profile.WIDTH + 0.2 and float(rect.get("y") or 0) >= 0
