"""The command line: the only place that reads arguments and the environment, prints, and picks exit codes.

Exit codes: 0 MATCH or success · 1 a computed MISMATCH or "not well formed", and nothing else · 2 usage or unusable
input · 3 UNDECIDED · 4 a local fault or a bug · 130 interrupted.
"""

import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

LOCAL_FAULT = 4
INTERRUPTED = 130


def run(arguments: Sequence[str] | None = None) -> None:
    """Run `attest` and leave the process with its exit code."""
    from_command_line = list(sys.argv[1:] if arguments is None else arguments)

    def command() -> int:
        from attest.cli.app import main

        return main(from_command_line)

    sys.exit(guarded(command))


def guarded(command: Callable[[], int]) -> int:
    """The exit code of `command`; whatever it raises becomes a message and a code that accuses nobody."""
    _open_streams()
    try:
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = LOCAL_FAULT
    except SystemExit as left:  # argparse after --help; with any other code, a library that oversteps
        code = 0 if left.code in (0, None) else _report(left)
    except BaseException as error:  # noqa: BLE001 - the last line of defence: a bug must not look like a verdict
        code = _report(error)
    return code if _close_streams() else LOCAL_FAULT


def _open_streams() -> None:
    """Make both streams take any text: what their encoding lacks is escaped, and a closed one swallows all."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole run
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report(error: BaseException) -> int:
    try:
        from attest.cli import output

        code = output.error(error)
        if os.environ.get("ATTEST_DEBUG"):
            traceback.print_exception(error)
    except Exception:  # noqa: BLE001 - not even the message can be told
        return LOCAL_FAULT
    return code


def _close_streams() -> bool:
    """Whether all that was printed has left; what could not is dropped, or the interpreter would complain at exit."""
    whole = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            whole = False
    return whole
