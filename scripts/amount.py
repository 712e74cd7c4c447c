"""A figure of the benchmark that is no time: a rate, a share, a size or a count."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """A rate, share or count, with the bound that the project set itself.

    Attributes:
        found: The value in `unit`.
        detail: What it was counted from, or what fell short.
    """

    what: str
    found: float
    unit: str
    asked: str = ""
    detail: str = ""

    def line(self) -> str:
        width = "9,.0f" if self.found >= 1000 else "9.3f"
        asked = f"; asked for: {self.asked}" if self.asked else ""
        return f"{self.what:60} {self.found:{width}} {self.unit}   {self.detail}{asked}"
