"""The closed list of reasons a status change may carry: a number on chain, words only here.

Free text on chain would be a channel for personal data. A number is never reused; its texts are `RS…` of the
message catalogue.
"""

from enum import IntEnum
from typing import Self

from attest import messages


class Reason(IntEnum):
    """Why a filing's status changed."""

    NOT_GIVEN = 0
    RECTIFICATION_ORDERED = 1
    RECTIFIED = 2
    SERVICE_ENDED = 3
    DEREGISTERED_ON_REQUEST = 4
    FALSE_INFORMATION = 5
    VIOLATION = 6
    INSPECTION_MISSED = 7
    ENTERED_IN_ERROR = 8
    REFILED = 9

    @property
    def slug(self) -> str:
        """The name on the command line: `service-ended`."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def from_slug(cls, slug: str) -> Self:
        """The reason of a command-line name.

        Raises:
            KeyError: no such reason.
        """
        return cls[slug.upper().replace("-", "_")]

    def text(self, lang: str) -> str:
        return messages.text(f"RS{self.value:03}", lang)
