"""program.py: runs a program of others to its end."""
import subprocess

from client import SLOW


def run(*command, code=0, timeout_s=60, **how):
    """Its output; insists on its exit status."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout_s * SLOW,
                          check=False, **({} if "input" in how else {"stdin": subprocess.DEVNULL}), **how)
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    return done
