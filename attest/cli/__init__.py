"""The command line: the only place that reads arguments and the environment, prints, and picks exit codes.

Exit codes: 0 MATCH or success · 1 a computed MISMATCH or "not well formed", and nothing else · 2 usage or unusable
input · 3 UNDECIDED · 4 a local fault or a bug · 130 interrupted.
"""

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
    try:
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        return LOCAL_FAULT
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not look like a verdict
        return _report(error)
    return code


def _report(error: Exception) -> int:
    from attest.cli import output

    code = output.error(error)
    if os.environ.get("ATTEST_DEBUG"):
        traceback.print_exception(error)
    return code
