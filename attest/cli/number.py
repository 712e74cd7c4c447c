"""`attest number`: filing numbers by themselves."""

from typing import Annotated

import typer

from attest.cli import files, output
from attest.cli.context import language, today
from attest.number import Reading, examine

app = typer.Typer(callback=output.help_if_alone, invoke_without_command=True, help="Filing numbers by themselves.")


@app.command("check")
def check(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One number, such as 浙网信备33010619213211320012号.")],
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """Say whether a number is well formed, and what is wrong or unusual about it.

    Its twenty characters are: county 6, year 2, subject 8, serial 3, check character 1. Form only: whether it was
    ever issued, and to whom, a registry must say. Exit 0 well formed, 1 not.
    """
    reading = examine(files.text(text), today=today())
    output.result(as_json(reading)) if json else _print(reading)
    return 0 if reading.number else 1


def as_json(reading: Reading) -> dict[str, object]:
    """The stable form, schema `number/1`."""
    number = reading.number
    return {
        "schema": "number/1",
        "well_formed": number is not None,
        "number": number.text if number else None,
        "key": number.key if number else None,
        "province": number.province if number else None,
        "county": number.county if number else None,
        "year": number.year if number else None,
        "check": number.check if number else None,
        "errors": [defect.as_json() for defect in reading.errors],
        "warnings": [defect.as_json() for defect in reading.warnings],
    }


def _print(reading: Reading) -> None:
    lang = language()
    if reading.number:
        place = reading.number.county or reading.number.province
        output.line(f"{reading.number.text}  {place}  {reading.number.year}")
    for kind, defects in (("CL001", reading.errors), ("CL002", reading.warnings)):
        for defect in defects:
            output.line(f"{output.label(kind)} {defect.code}: {defect.text(lang)}")
    output.line(output.label("CL010" if reading.number else "CL011"))
