"""Makes a virtual environment with a package in it: install_moto.py FOLDER REQUIREMENT

One process at a time: who comes meanwhile waits, and finds it made. What was begun and not finished is begun anew.
"""

import fcntl
import os
import subprocess
import sys
import venv


def main(folder, requirement):
    os.makedirs(folder, exist_ok=True)
    # Given back by the system, however this process ends. Clearing an environment leaves its folder.
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
    mark = os.path.join(folder, "made-for")
    if os.path.exists(mark) and open(mark).read() == requirement:
        return
    # Without pip: where ensurepip is missing, as in Debian's python3, asking for it leaves half an environment.
    venv.EnvBuilder(clear=True, symlinks=True).create(folder)
    python = os.path.join(folder, "bin", "python3")
    subprocess.run([*installer(python), "install", "--quiet", requirement], check=True)
    with open(mark, "w") as file:
        file.write(requirement)


def installer(python):
    """pip of the environment, else the machine's own, told to install there."""
    if works([python, "-m", "ensurepip"]):
        return [python, "-m", "pip"]
    machines = [sys.executable, "-m", "pip", "--python", python]
    if works([*machines, "--version"]):
        return machines
    sys.exit(f"{sys.executable} has neither ensurepip nor a pip of 22.3 or newer: install python3-venv")


def works(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
