"""The questions of `attest record new`, one after another, in the order of the form.

Questions go to standard error, so that the form itself may go to standard output. Each answer is put into the form and
the whole is checked again: what breaks a rule is told with that rule's own words and asked again.
"""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from attest.cli import files, output
from attest.cli.context import language
from attest.errors import AttestError, InputError
from attest.record import examine_form
from attest.record.form import CREDIT_CODE, DETAILS, PERSONAL, SCHEMA, TYPES, Attachment, FilingForm, is_public
from attest.record.labels import label
from attest.record.paths import models_of
from attest.record.review import KNOWN_CHAINS
from attest.record.template import choices, is_list

Attach = Callable[[Path], dict[str, Any]]

_ONLY_IF_WANTED: Final = frozenset(
    (
        "service.sites",
        "service.accounts",
        "service.pre_approvals",
        "service.contact",
        "service.contracts",
        "service.baas.cloud_qualification",
        "displayed_on.apps",
        "source",
    )
)
"""Parts that many forms lack: whether there is anything to say is asked first."""
_YES: Final = frozenset(("y", "yes", "是"))


def ask(*, attachment: Attach) -> dict[str, Any]:
    """A filing form from its user's answers.

    Args:
        attachment: What a form holds of a file.

    Raises:
        InputError: the answers end before the questions do.
    """
    output.note(output.label("CL167"))
    guide = _Guide(attachment)
    guide.ask_part(FilingForm, ())
    return guide.form


def written(form: dict[str, Any], *, as_json: bool) -> str:
    """The form as a file's text."""
    if as_json:
        return json.dumps(form, ensure_ascii=False, indent=2) + "\n"
    return yaml.safe_dump(form, allow_unicode=True, sort_keys=False, width=1_000)


Step = str | int
"""A field's name, or the position of a list's item."""


class _Guide:
    def __init__(self, attachment: Attach) -> None:
        self.form: dict[str, Any] = {"schema": SCHEMA}
        self._attachment = attachment

    def ask_part(self, model: type[BaseModel], path: tuple[Step, ...]) -> None:
        """Ask for each field that applies; a part whose first field is required and not given is left out."""
        for position, (name, field) in enumerate(model.model_fields.items()):
            here = (*path, name)
            if name == "schema_" or not self._applies(here):
                continue
            given = self._ask_field(field.annotation, here, required=dotted(here) == "subject.kind")
            if position == 0 and field.is_required() and not given:
                return

    def _ask_field(self, annotation: Any, path: tuple[Step, ...], *, required: bool) -> bool:
        """Ask for one field, whatever it holds; whether anything was given."""
        inner = next(models_of(annotation), None)
        if inner is Attachment:
            return self._ask_until(path, self._file, output.label("CL168"), required=False)
        if inner is None and not is_list(annotation):
            return self._ask_value(annotation, path, required=required)
        self._head(path)
        if dotted(path) in _ONLY_IF_WANTED and _line(output.label("CL169")).lower() not in _YES:
            return False
        if inner and not is_list(annotation):
            self.ask_part(inner, path)
            return True
        position = 0
        while self._ask_item(inner, annotation, (*path, position)):
            position += 1
        return position > 0

    def _ask_item(self, inner: type[BaseModel] | None, annotation: Any, path: tuple[Step, ...]) -> bool:
        """Ask for one more item of a list; nothing given ends the list."""
        if inner is None:
            return self._ask_value(annotation, path, required=False)
        output.note(output.label("CL158", position=int(path[-1]) + 1))
        self.ask_part(inner, path)
        return self._holds(path)

    def _ask_value(self, annotation: Any, path: tuple[Step, ...], *, required: bool) -> bool:
        words = self._choices(annotation, path)
        if len(words) == 1:
            return self._accepted(path, words[0])
        if path[-1] == 0 or not isinstance(path[-1], int):
            for number, word in enumerate(words, start=1):
                output.note(f"    {number}  {word}")

        def chosen(text: str) -> str:
            picked = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
            return words[picked - 1].split(" / ")[0] if 0 < picked <= len(words) else text

        return self._ask_until(path, chosen, self._rule(path), required=required)

    def _ask_until(
        self, path: tuple[Step, ...], understood: Callable[[str], Any], rule: str, *, required: bool
    ) -> bool:
        """Ask until the answer keeps every rule, or is empty."""
        while True:
            text = _line(f"{self._name(path)}{rule}:")
            if not text and not required:
                return False
            try:
                if self._accepted(path, understood(text)):
                    return True
            except AttestError as error:
                output.explain(error)

    def _accepted(self, path: tuple[Step, ...], value: Any) -> bool:
        """Put a value into the form, unless that breaks a rule which was kept before; then say which."""
        tried = copy.deepcopy(self.form)
        _put(tried, path, value)
        _, problems = examine_form(tried)
        told = [problem for problem in problems if problem.error.code != "RE101"]
        for problem in told:
            output.explain(problem.error)
        if not told:
            self.form = tried
        return not told

    def _file(self, text: str) -> dict[str, Any]:
        return self._attachment(Path(files.text(text)).expanduser())

    def _applies(self, path: tuple[Step, ...]) -> bool:
        """Whether a field is one that this kind of subject and service has."""
        service = self.form.get("service", {})
        if path[-1] in DETAILS and path[0] == "service":
            category, kind = DETAILS[str(path[-1])]
            return service.get("category") == category and kind in service.get("types", ())
        if path == ("subject", "nature"):
            return bool(self.form["subject"]["kind"] == "organisation")
        if path == ("service", "types"):
            return "category" in service
        return True

    def _choices(self, annotation: Any, path: tuple[Step, ...]) -> tuple[str, ...]:
        match path:
            case ("subject", "document", "type") if self.form["subject"]["kind"] != "individual":
                return (CREDIT_CODE,)
            case (*_, "document", "type"):
                return PERSONAL
            case ("service", "types", _):
                return TYPES[self.form["service"]["category"]]
            case ("service", "chains", _):
                return tuple(" / ".join(names) for names in KNOWN_CHAINS)
        return choices(dotted(path), annotation)

    def _holds(self, path: tuple[Step, ...]) -> bool:
        value: Any = self.form
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError):
                return False
        return bool(value)

    def _head(self, path: tuple[Step, ...]) -> None:
        output.note(f"\n{self._name(path)}")

    def _name(self, path: tuple[Step, ...]) -> str:
        known = label(dotted(path))
        return known[language()] if known else dotted(path)

    def _rule(self, path: tuple[Step, ...]) -> str:
        """The form of a value, and whether it becomes public."""
        known = label(dotted(path)) or {}
        rule = known.get("rule", {}).get(language())
        personal = dotted(path) == "subject.name" and self.form["subject"]["kind"] != "organisation"
        public = output.label("CL156" if is_public(dotted(path)) and not personal else "CL157")
        return f" ({rule}; {public})" if rule else f" ({public})"


def dotted(path: tuple[Step, ...]) -> str:
    """A path as everywhere else: `service.sites.0.url`."""
    return ".".join(str(step) for step in path)


def _put(form: dict[str, Any], path: tuple[Step, ...], value: Any) -> None:
    """Put a value at a path; the parts on the way are made where they are missing, lists grow by one item at most."""
    holder: Any = form
    for step, following in zip(path, (*path[1:], None), strict=True):
        fresh: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if step == len(holder):
                holder.append(fresh)
            elif following is None:
                holder[step] = fresh
        elif following is None:
            holder[step] = fresh
        else:
            holder.setdefault(step, fresh)
        holder = holder[step]


def _line(question: str) -> str:
    """One line of the user's, without white space around it.

    Raises:
        InputError: there is none left.
    """
    print(output.plain(question), end=" ", file=sys.stderr, flush=True)
    text = sys.stdin.readline() if sys.stdin else ""
    if not text:
        raise InputError("RE172")
    return text.strip()
