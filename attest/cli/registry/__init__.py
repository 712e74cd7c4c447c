"""`attest registry`: keep a registry of filings, and look numbers up in it."""

import typer

from attest.cli import output
from attest.cli.registry import changing, creation, following, proving, reading, rehearsing, roles

app = typer.Typer(
    callback=output.help_if_alone,
    invoke_without_command=True,
    help="Keep a registry of filings, and look numbers up in it.",
)
for part in (creation, rehearsing, changing, following, reading, proving):
    app.registered_commands += part.app.registered_commands
app.add_typer(roles.app, name="role")
