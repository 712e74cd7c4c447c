"""Make sure that the tests find a Chromium with Chinese fonts; install one where none is.

Looks for an installed browser first. As root on a Debian machine it then asks apt, elsewhere playwright. The shell
without windows costs a visit a third of what a whole browser does, so apt is asked for it beside one, too.
"""

import os
import shutil
import subprocess
import sys

from attest.site.browser import NAMES, SHELL

HOW = f"Install Chromium and a Chinese font (Debian: apt-get install {SHELL} fonts-noto-cjk), or set ATTEST_CHROMIUM."


def main() -> int:
    """Return 0 when a browser and a Chinese font are there in the end."""
    named = "ATTEST_CHROMIUM" in os.environ
    wanted = [] if named or shutil.which(SHELL) else [SHELL]
    if not has_chinese_font():
        wanted.append("fonts-noto-cjk")
    if not wanted or (shutil.which("apt-get") and os.geteuid() == 0 and installed(wanted)):
        return 0
    missing = [name for name in wanted if name != SHELL or not any(map(shutil.which, NAMES))]
    if missing == [SHELL]:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        missing = missing if subprocess.run(command, check=False).returncode else []
    if missing:
        print(f"Needed for the tests and not to be had here: {', '.join(missing)}. {HOW}", file=sys.stderr)
    return len(missing)


def installed(packages: list[str]) -> bool:
    """Whether apt could install these."""
    print("Installing", *packages, flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode == 0


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese."""
    listing = shutil.which("fc-list")
    return bool(listing and subprocess.run([listing, ":lang=zh"], check=False, capture_output=True).stdout.strip())


if __name__ == "__main__":
    sys.exit(main())
