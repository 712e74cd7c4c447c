"""A picture of what an app or a site shows, looked at in place of a visit: the rule covers apps too."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from attest.errors import AttestError
from attest.number import FilingNumber
from attest.ports import Visit
from attest.site.evidence import facts_of, pictures_file, visit_file, visit_of
from attest.site.ocr_worker import PictureReader
from attest.site.worker import PageReader

NAME: Final = "picture"
"""Of the picture among the evidence's files."""


class Screenshot:
    """An `attest.ports.SitePort`.

    Args:
        picture: PNG, JPEG or WebP.
        now: The current time, UTC.
        app: The app that it shows; empty where it shows the site that is asked for.
    """

    def __init__(self, picture: bytes, *, now: Callable[[], datetime], app: str = "") -> None:
        self._picture = picture
        self._now = now
        self._app = app

    async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
        time = self._now()
        files = {NAME: self._picture}
        facts: dict[str, Any] = {
            "pictured": True,
            "app": self._app,
            "sha256": hashlib.sha256(self._picture).hexdigest(),
        }
        async with PictureReader(processes=1) as reader:
            try:
                reading = await reader.read(self._picture, today=time.date(), expected=expect)
                files |= pictures_file(reading, NAME)
            except AttestError as fault:
                facts["problem"] = fault
        files["visit.json"] = visit_file(facts_of(url, time, **facts))
        async with PageReader() as pages:
            return await visit_of(files, pages)
