"""ImapFlow, a Node program's way to IMAP, installed from the npm registry into build/npm."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from program import run
from service import ROOT

PACKAGE = "imapflow@1.7.8"
HERE = pathlib.Path(__file__).resolve().parent
NPM = ROOT / "build" / "npm"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH")
CASES = re.findall(r"(?m)^    async (\w+)\(\) \{$", (HERE / "imapflow.cjs").read_text())


@pytest.fixture(scope="module")
def modules():
    """Where the package is; skips only if the registry cannot be reached."""
    NPM.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", NPM, PACKAGE],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0 and UNREACHABLE.search(done.stderr):
        pytest.skip("the npm registry cannot be reached")
    assert done.returncode == 0, done.stderr
    return NPM / "node_modules"


@pytest.mark.parametrize("case", CASES)
def test_imapflow(modules, service, user, certificate, case):
    env = {**os.environ, "NODE_PATH": str(modules), "NODE_EXTRA_CA_CERTS": str(certificate)}
    run(shutil.which("node"), HERE / "imapflow.cjs", case, service.imap[1], user.name, user.password, env=env)
