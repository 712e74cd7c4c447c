"""May a visitor ask for a page, by the robots.txt of its origin (RFC 9309). Pure: the text comes from the caller.

A file that is not there (4xx, or redirects without end) forbids nothing. A file that could not be had although it may
be there (5xx, no answer) forbids everything: whoever keeps it must not be overruled by a fault. Neither says anything
about the site; a page that may not be asked for is a page that was not seen.

    >>> rules = Rules("User-agent: *\\nDisallow: /private/")
    >>> rules.allow("https://example.cn/"), rules.allow("https://example.cn/private/x")
    (True, False)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protego import Protego

from attest import messages
from attest.errors import RobotsError

AGENT: Final = "filing-attest"
"""The name under which robots.txt can address this visitor, also the first word of its `User-Agent`."""

MAX_ROBOTS: Final = 512_000  # bytes that are read; RFC 9309 asks for at least 500 KiB
MAX_RULES: Final = 10_000  # lines for this visitor; more take long to sort
MAX_STEPS: Final = 4_000_000
"""Rules with a wildcard times characters of the URL: a tenth of a second of comparing at worst."""

PATH: Final = "/robots.txt"

_GROUP: Final = re.compile(r"user[- ]?agent(?:\s*:|\s|$)\s*(.*)", re.IGNORECASE)
_GROUP_LINE: Final = "User-agent: "
_NAME: Final = re.compile(r"[A-Za-z_-]*")
_SITE_WIDE: Final = re.compile(r"(?:site-?maps?|host)\s*:", re.IGNORECASE)


class Decision(StrEnum):
    """What robots.txt says about one page."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    NONE = "none"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Robots:
    """How it was decided that a page may be asked for.

    Attributes:
        url: Of the robots.txt.
        status: Of its answer after redirects, or None where it was not asked for.
        decision: `none` where there is no such file, `ignored` where the user said so.
        group: The group of rules that holds for this visitor: `AGENT`, `*`, or an empty string.
    """

    url: str
    status: int | None
    decision: Decision
    group: str = ""


class Rules:
    """A robots.txt, as far as it concerns this visitor.

    Protego holds every rule once for each agent of its group, which a file of 500 kB can drive to gigabytes. So it
    gets only what is addressed to this visitor or to all.

    Args:
        text: Of the file; anything, HTML included, is one without a group.
        url: Of the file.

    Attributes:
        size: Characters of the lines that matter.
        group: As in `Robots`.

    Raises:
        RobotsError: more rules than `MAX_RULES`.
    """

    def __init__(self, text: str, url: str = "") -> None:
        lines = list(_own_lines(text))
        groups = set(lines) & {_GROUP_LINE + AGENT, _GROUP_LINE + "*"}
        rules = [line for line in lines if line not in groups]
        self._url = url
        self._wildcards = sum("*" in line for line in rules)
        self._hold(len(rules), MAX_RULES)
        self.size = sum(map(len, lines))
        self.group = next((name for name in (AGENT, "*") if _GROUP_LINE + name in groups), "")
        self._file = Protego.parse("\n".join(lines))

    def allow(self, url: str) -> bool:
        """Whether this visitor may ask for `url`, an absolute one.

        Raises:
            RobotsError: there are too many rules to compare with a URL of this length.
        """
        self._hold(self._wildcards, MAX_STEPS // len(url))
        return self._file.can_fetch(url, AGENT)

    def _hold(self, found: int, limit: int) -> None:
        if found > limit:
            raise RobotsError("FE162", robots=messages.shown(self._url), limit=limit, found=found)


def read(body: bytes, url: str) -> Rules:
    """The rules of a robots.txt in UTF-8, with or without a byte order mark.

    Raises:
        RobotsError: as `Rules`.
    """
    return Rules(body[:MAX_ROBOTS].decode("utf-8-sig", "replace"), url)


def _own_lines(text: str) -> Iterator[str]:
    """The lines of the groups that name this visitor or everyone, each name spelt as Protego compares it."""
    own, ended = False, True
    for line in text.splitlines():
        rule = line.partition("#")[0].strip()
        if not rule or _SITE_WIDE.match(rule):
            continue
        if group := _GROUP.fullmatch(rule):
            own, ended = own and not ended, False
            name = "*" if group[1] == "*" else _NAME.findall(group[1])[0].lower()
            if name in (AGENT, "*"):
                own = True
                yield _GROUP_LINE + name
        else:
            ended = True
            if own:
                yield rule
