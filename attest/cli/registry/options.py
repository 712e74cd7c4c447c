"""Arguments and options that several commands of `attest registry` share."""

from typing import Annotated

import typer

Name = Annotated[
    str | None,
    typer.Option("--registry", metavar="NAME", help="Registry of the settings; the default one if left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The filing number, as 京网信备…号 or its twenty characters alone.")
]
Numbers = Annotated[
    list[str],
    typer.Argument(metavar="NUMBER...", help="Filing numbers, as 京网信备…号 or their twenty characters alone."),
]
