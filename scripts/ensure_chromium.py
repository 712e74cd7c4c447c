"""Make sure that the tests find a Chromium with Chinese fonts; install one where none is.

Looks for an installed browser first. As root on a Debian machine it then asks apt, elsewhere playwright.
"""

import os
import shutil
import subprocess
import sys

from attest.site.browser import NAMES

HOW = "Install Chromium and a Chinese font (Debian: apt-get install chromium fonts-noto-cjk), or set ATTEST_CHROMIUM."


def main() -> int:
    """Return 0 when a browser and a Chinese font are there in the end."""
    missing = []
    if not (os.environ.get("ATTEST_CHROMIUM") or any(shutil.which(name) for name in NAMES)):
        missing.append("chromium")
    if not has_chinese_font():
        missing.append("fonts-noto-cjk")
    if not missing:
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing", *missing, flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode == 0:
            return 0
    elif (
        missing == ["chromium"]
        and subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode == 0
    ):
        return 0
    print(f"Needed for the tests and not to be had here: {', '.join(missing)}. {HOW}", file=sys.stderr)
    return 1


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese."""
    listing = shutil.which("fc-list")
    return bool(listing and subprocess.run([listing, ":lang=zh"], check=False, capture_output=True).stdout.strip())


if __name__ == "__main__":
    sys.exit(main())
