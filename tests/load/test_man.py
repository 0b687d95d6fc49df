"""The man page names every option, verb and scenario there is, and no others."""
import re
import shutil
import subprocess

import pytest

from servers import BIN, ROOT

PAGE = ROOT / "docs" / "roost-load.1"


def said(*words):
    return subprocess.run([BIN / "roost-load", *words], capture_output=True, text=True, check=True).stdout


def section(name):
    return re.search(rf"(?ms)^\.Sh {name}\n(.*?)(?=^\.Sh )", PAGE.read_text()).group(1)


def test_options():
    assert re.findall(r"(?m)^  --(\S+)", said("--help")) == re.findall(r"(?m)^\.It Fl -(\S+)", section("OPTIONS"))


def test_verbs():
    assert re.findall(r"(?m)^  roost-load (\S+)", said("--help")) == re.findall(r"(?m)^\.It Cm (\S+)", section("DESCRIPTION"))


def test_scenarios():
    assert re.findall(r"(?m)^  (\S+)", said("scenarios")) == re.findall(r"(?m)^\.It Cm (\S+)", section("SCENARIOS"))


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff")
def test_it_is_well_formed():
    done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", "-z", PAGE], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
