"""`attest check`: files that speak for themselves, checked offline unless by `--ask-node`."""

import typer

from attest.cli import output
from attest.cli.check.attestation import attestation
from attest.cli.check.evidence import evidence
from attest.cli.check.proof import proof

app = typer.Typer(
    callback=output.help_if_alone,
    invoke_without_command=True,
    help="Check files that speak for themselves, offline unless by --ask-node.",
)
app.command("attestation")(attestation)
app.command("evidence")(evidence)
app.command("proof")(proof)
