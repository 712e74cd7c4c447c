"""Run the program as a user would: in this process, or in one of its own where that matters."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final

import pytest

from attest.cli import guarded
from attest.cli.app import main

ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = ROOT / "scripts/verify_site.py"
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG", "ATTEST_REGISTRY", "ATTEST_DEBUG")


def script(name: str) -> Any:
    """A script of the project as a module."""
    spec = spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify_site: Final = script("verify_site")
"""The auditor's script as a module."""


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def attest(*arguments: object, home: Path, lang: str = "en", stdin: bytes = b"") -> Said:
    """`attest ARGUMENTS` in this process, started in `home`."""
    return _here(lambda: main([str(argument) for argument in arguments]), home, lang, stdin)


def audit(*arguments: object, home: Path, lang: str = "en", stdin: bytes = b"") -> Said:
    """`scripts/verify_site.py ARGUMENTS` in this process, started in `home`."""
    words = [str(argument) for argument in arguments]
    return _here(lambda: asyncio.run(verify_site.run(verify_site.options(words))), home, lang, stdin)


def _here(command: Any, home: Path, lang: str, stdin: bytes) -> Said:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    home.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in _LOCALE:
            patch.delenv(name, raising=False)
        patch.setenv("ATTEST_HOME", str(home))
        patch.setenv("ATTEST_LANG", lang)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        patch.chdir(home)
        code = copy_context().run(guarded, command)
    return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]


def started(
    *command: object,
    home: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    first: Callable[[], None] = lambda: None,
    **more: Any,
) -> subprocess.Popen[bytes]:
    """A process of its own: `attest …`, or the script where the first word is its path.

    Args:
        first: Done in the process before the program.
    """

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background ignores it
        first()

    program = [sys.executable, *(() if command[0] == SCRIPT else ("-c", "from attest.cli import run; run()"))]
    clean = {name: value for name, value in os.environ.items() if name not in _LOCALE and name != "PYTHONUTF8"}
    settings = {"ATTEST_HOME": str(home), "ATTEST_LANG": "en", "PYTHONPATH": str(ROOT)}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [*program, *map(str, command)],
        env=clean | settings | dict(env or {}),
        cwd=cwd or home,
        preexec_fn=prepare,
        **(streams | more),
    )


def process(*command: object, home: Path, stdin: bytes = b"", **more: Any) -> Said:
    """The same, until it ends."""
    running = started(*command, home=home, stdin=subprocess.PIPE, **more)
    out, err = running.communicate(stdin, timeout=100)
    return Said(running.returncode, (out or b"").decode(), (err or b"").decode())
