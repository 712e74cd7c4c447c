"""What on a page may hide text that stands elsewhere on it, where only a browser can tell.

A layer or a bar hides what lies under it, a script what it names, and a rule whose condition only a layout shows may
hide anything.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attest.site.places import Place

_SHADOWING: Final = re.compile(r"\.attachShadow\s*\(")
_IDS: Final = re.compile(r"""["'`#]([\w-]+)""")
"""Ids that a script may mean."""
_MOST_COVERS: Final = 100  # that are told apart; each one more is taken to lie over everything


class Veils:
    """The veils of one page, collected while it is read."""

    def __init__(self) -> None:
        self._covers: list[tuple[Place, Place | None]] = []
        self._everywhere: list[str] = []
        self._named: set[str] = set()

    def add(self, *words: str) -> None:
        """Note what may hide anything on the page."""
        self._everywhere += words

    def add_script(self, text: str, *, mounts: Iterable[str]) -> None:
        """Note what a script may take away: elements whose ids it names, but for `mounts`, which it fills."""
        self._named |= {*_IDS.findall(text)}.difference(mounts)
        if _SHADOWING.search(text):
            self.add("attachShadow")

    def add_cover(self, place: Place) -> None:
        """Note an element, if it lies over others by itself and not only as a part of one that does."""
        around = place.outer.looks if place.outer else ()
        own = (look for look in place.looks if all(look is not other for other in around))
        if place.hidden or not any(look.covers or look.bars for look in own):
            return
        if len(self._covers) == _MOST_COVERS:
            self.add(place.path())
        else:
            self._covers.append((place, _holder(place)))

    def over(self, places: Sequence[Place]) -> str:
        """What may hide text at these places, the first of which stands for all; empty where nothing may."""
        above = list(places[0].above())
        known = set(map(id, above))
        declared = (place.doubt for place in places)
        covering = (
            cover.path()
            for cover, holder in self._covers
            if id(cover) not in known
            and (holder is None or id(holder) in known)
            and not (_is_bar(cover) and any(look.roomy for look in places[0].looks))
        )
        named = (f"script #{place.name}" for place in above if place.name in self._named)
        return next(filter(None, (*declared, *self._everywhere, *covering, *named)), "")


def _is_bar(cover: Place) -> bool:
    return not any(look.covers for look in cover.looks)


def _holder(cover: Place) -> Place | None:
    """What a cover is placed in; None where that is the window."""
    if any(look.fixed for look in cover.looks):
        return None
    return next((place for place in cover.above() if place is not cover and place.holds), None)
