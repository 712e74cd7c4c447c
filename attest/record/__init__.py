"""A filing: the form that a filer fills in, and the public record that goes on chain of it.

`public` has the record, `form` the whole form and what of it is public, `review` what a form still lacks.
"""

from attest.record.form import FilingForm, build_form, examine_form, split
from attest.record.public import (
    MAX_RECORD,
    SCHEMA,
    PublicRecord,
    SubjectKind,
    build_record,
    derived_nonce,
    new_nonce,
    parse_record,
)

__all__ = [
    "MAX_RECORD",
    "SCHEMA",
    "FilingForm",
    "PublicRecord",
    "SubjectKind",
    "build_form",
    "build_record",
    "derived_nonce",
    "examine_form",
    "new_nonce",
    "parse_record",
    "split",
]
