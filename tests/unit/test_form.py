"""The filing form: every rule named with its field, and nothing private on the public side."""

import doctest
import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from attest.base64url import encode
from attest.documents import read_documents, read_forms
from attest.errors import AttestError, RecordError
from attest.record import PublicRecord, build_form, build_record, examine_form, form, split
from attest.record.form import CREDIT_CODE, DETAILS, PERSONAL, TYPES, FilingForm, is_public
from attest.record.labels import labels
from attest.record.paths import fields_of, models_of, unknown_in
from attest.record.review import missing, oddities
from attest.record.schema import DIALECT, form_schema, record_schema
from attest.record.template import choices, template
from tests.filing_forms import Maker

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE: Final = ROOT / "docs/example-form.yaml"
LEAST: Final[dict[str, Any]] = {"subject": {"kind": "organisation"}}
CODE: Final = "91110108MA00AAAA16"
TRADERS_CODE: Final = "92110108MA00AAAA13"
CARD: Final = "110101199001010015"
FILE: Final = {"sha256": "0" * 64, "media_type": "application/pdf", "size": 1}
SERVICE: Final = {"category": "technology-provider", "types": ["baas"]}


def example() -> dict[str, Any]:
    (document,) = read_documents(EXAMPLE.read_bytes(), EXAMPLE.name)
    return dict(document)


def rules_broken(document: Any) -> list[tuple[str, str]]:
    """Field and rule of every problem."""
    _, problems = examine_form(document)
    causes = [problem.error.params.get("why", problem.error) for problem in problems]
    return [
        (problem.field, cause.code) for problem, cause in zip(problems, causes, strict=True) if hasattr(cause, "code")
    ]


def test_the_example_is_complete_and_nothing_about_it_is_odd() -> None:
    (found,) = read_forms(EXAMPLE.read_bytes(), name=EXAMPLE.name)
    assert missing(found) == ()
    assert list(oddities(found)) == []
    assert list(unknown_in(found)) == ["内部编号"]


def test_the_examples_of_the_module_run() -> None:
    assert doctest.testmod(form).failed == 0


@pytest.mark.parametrize(
    ("part", "field", "code"),
    [
        ({"subject": {"name": "示例"}}, "subject.kind", "RE101"),
        ({"subject": {"kind": "company"}}, "subject.kind", "RE103"),
        ({"subject": "organisation"}, "subject", "RE103"),
        ({"schema": "filing-form/2"}, "schema", "RE103"),
        ({"number": "京网信备11010819764512340011号"}, "number", "NU100"),
        ({"subject": {"kind": "organisation", "nature": "club"}}, "subject.nature", "RE103"),
        ({"subject": {"kind": "organisation", "name": "名" * 201}}, "subject.name", "RE104"),
        ({"subject": {"kind": "organisation", "home_page": "example.cn"}}, "subject.home_page", "RE134"),
        ({"subject": {"kind": "organisation", "home_page": "https://a:b@example.cn"}}, "subject.home_page", "RE134"),
        ({"statement": FILE | {"sha256": "0" * 63}}, "statement.sha256", "RE136"),
        ({"statement": FILE | {"media_type": "pdf"}}, "statement.media_type", "RE137"),
        ({"statement": FILE | {"size": -1}}, "statement.size", "RE103"),
        ({"statement": FILE | {"size": "many"}}, "statement.size", "RE103"),
        ({"statement": FILE | {"media_type": None}}, "statement.media_type", "RE101"),
        ({"responsible_person": {"mobile": "12800138000"}}, "responsible_person.mobile", "RE132"),
        ({"responsible_person": {"office_phone": "call me"}}, "responsible_person.office_phone", "RE131"),
        ({"responsible_person": {"email": "a@b"}}, "responsible_person.email", "RE133"),
        ({"service": {"clients": "one"}}, "service.clients", "RE105"),
        ({"service": {"category": "wallet"}}, "service.category", "RE103"),
        ({"service": {"description": "字" * 4001}}, "service.description", "RE104"),
        ({"service": SERVICE | {"types": ["wallet"]}}, "service", "RE153"),
        ({"service": SERVICE | {"explorer": {"url": "https://example.cn/"}}}, "service", "RE154"),
        ({"service": SERVICE | {"baas": {"separates_hardware": "maybe"}}}, "service.baas.separates_hardware", "RE103"),
        ({"service": {"management_systems": [{"number": "1"}]}}, "service.management_systems.0.name", "RE101"),
        ({"displayed_on": {"domains": ["com.cn"]}}, "displayed_on.domains.0", "RE121"),
        ({"dates": {"ends_on": "2026-02-30"}}, "dates.ends_on", "RE126"),
        ({"filed_on": "2019-3-30"}, "filed_on", "RE126"),
    ],
)
def test_each_broken_rule_is_named_with_its_field(part: dict[str, Any], field: str, code: str) -> None:
    assert rules_broken(LEAST | part) == [(field, code)]


@pytest.mark.parametrize(
    ("kind", "document", "code"),
    [
        ("organisation", {"type": "id-card"}, "RE150"),
        ("sole-trader", {"type": "passport"}, "RE150"),
        ("individual", {"type": CREDIT_CODE}, "RE150"),
        ("organisation", {"type": CREDIT_CODE, "number": CODE[:-1]}, "RE142"),
        ("organisation", {"type": CREDIT_CODE, "number": "I" + CODE[1:]}, "RE143"),
        ("organisation", {"type": CREDIT_CODE, "number": CODE[:-1] + "7"}, "RE144"),
        ("organisation", {"type": CREDIT_CODE, "number": TRADERS_CODE}, "RE151"),
        ("sole-proprietorship", {"type": CREDIT_CODE, "number": TRADERS_CODE}, "RE151"),
        ("sole-trader", {"type": CREDIT_CODE, "number": CODE}, "RE152"),
        ("individual", {"type": "id-card", "number": CARD[:-1]}, "RE142"),
        ("individual", {"type": "id-card", "number": CARD[:-1] + "6"}, "RE144"),
        ("individual", {"type": "id-card", "number": "110101199013010012"}, "RE147"),
        ("individual", {"type": "passport", "number": "E 1234-5678"}, "RE149"),
    ],
)
def test_a_document_fits_its_subject_and_its_own_rule(kind: str, document: dict[str, str], code: str) -> None:
    assert [found for _, found in rules_broken({"subject": {"kind": kind, "document": document}})] == [code]


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("organisation", {"type": CREDIT_CODE, "number": CODE}),
        ("sole-trader", {"type": CREDIT_CODE, "number": TRADERS_CODE}),
        ("sole-proprietorship", {"type": CREDIT_CODE, "number": CODE}),
        ("individual", {"type": "id-card", "number": CARD}),
        ("individual", {"type": "passport", "number": "E12345678"}),
        ("individual", {"type": "taiwan-permit", "number": "12345678"}),
        ("individual", {"type": "hk-macau-permit", "number": "H12345678"}),
    ],
)
def test_every_kind_of_document_is_taken(kind: str, document: dict[str, str]) -> None:
    assert rules_broken({"subject": {"kind": kind, "document": document}}) == []


def test_the_responsible_person_has_a_persons_document() -> None:
    found = rules_broken(LEAST | {"responsible_person": {"document": {"type": CREDIT_CODE}}})
    assert found == [("responsible_person", "RE150")]


def test_all_broken_rules_are_told_at_once() -> None:
    document = LEAST | {"filed_on": "soon", "responsible_person": {"mobile": "1", "email": "x"}}
    assert [field for field, _ in rules_broken(document)] == [
        "responsible_person.mobile",
        "responsible_person.email",
        "filed_on",
    ]


@pytest.mark.parametrize("lang", ["en", "zh-CN", "zh-TW"])
def test_messages_name_the_field_in_words_and_never_quote_a_private_value(lang: str) -> None:
    secret = "机密1380013800X"
    document = LEAST | {
        "subject": {"kind": "individual", "nature": secret, "document": {"type": secret, "number": secret}},
        "responsible_person": {"name": [secret], "mobile": secret, "email": secret, "office_phone": secret},
        "statement": {"sha256": secret, "media_type": secret, "size": secret},
        "service": {"sites": [{"url": secret}], "pre_approvals": [secret]},
        "dates": [secret],
    }
    _, problems = examine_form(document)
    told = [problem.error.text(lang) + problem.error.hint(lang) for problem in problems]
    assert len(told) >= 11
    assert not [text for text in told if secret in text]
    assert {"en": "Mobile phone", "zh-CN": "手机号码", "zh-TW": "手機號碼"}[lang] in "".join(told)


@pytest.mark.parametrize("name", ["", "a.b", "0", "9a", "x" * 81, "a\u200b", " a", "e\u0301", "\ud800"])
def test_a_name_that_would_make_a_path_ambiguous_is_refused(name: str) -> None:
    with pytest.raises(RecordError) as caught:
        examine_form(LEAST | {"more": [{name: 1}]})
    assert caught.value.code == "RE155"


def test_values_are_kept_in_one_form() -> None:
    found = build_form(
        {
            "subject": {"kind": "individual", "document": {"type": "id-card", "number": " 110101 19900101 0015 "}},
            "responsible_person": {"mobile": "+86 138-0013-8000", "name": " Cafe\u0301 "},
            "service": {"category": "application-operator", "types": ["explorer"],
                        "explorer": {"yearly_visits": "12", "servers": [{"ip": "2001:DB8:0::1"}]}},
        }
    )  # fmt: skip
    assert found.as_json() == {
        "schema": "filing-form/1",
        "subject": {"kind": "individual", "document": {"type": "id-card", "number": CARD}},
        "responsible_person": {"mobile": "+8613800138000", "name": "Caf\u00e9"},
        "service": {"category": "application-operator", "types": ["explorer"],
                    "explorer": {"yearly_visits": 12, "servers": [{"ip": "2001:db8::1"}]}},
    }  # fmt: skip


def test_what_is_empty_is_not_known() -> None:
    empty = {"number": None, "service": None, "dates": {}, "displayed_on": {"domains": [], "apps": [{}, {"id": None}]}}
    assert build_form(LEAST | empty).as_json() == {"schema": "filing-form/1"} | LEAST


# --- what is public ----------------------------------------------------------------------------------------


def test_the_examples_public_part_is_a_public_record() -> None:
    public, private = split(build_form(example()))
    sealed = {"schema": "filing-record/1", "nonce": "A" * 22, **public}
    assert build_record(sealed).as_json() == sealed
    assert len(private) == 50
    assert not [path for path, _ in private if is_public(path)]


def test_every_field_of_a_public_record_has_its_place_in_the_form() -> None:
    own = {"schema", "nonce", "private_root"}
    assert set(fields_of(PublicRecord)) - own <= set(fields_of(FilingForm))


@pytest.mark.parametrize("kind", ["individual", "sole-trader", "sole-proprietorship"])
def test_a_persons_name_is_private(kind: str) -> None:
    public, private = split(build_form({"subject": {"kind": kind, "name": "张三"}}))
    assert public == {"subject": {"kind": kind}}
    assert private == [("subject.name", "张三")]


def test_unknown_fields_are_kept_at_every_level_and_private() -> None:
    document = {
        "subject": {"kind": "organisation", "name": "示例", "nonce": "x"},
        "displayed_on": {"apps": [{"id": "a"}, {"id": "b", "secret": [True, {"deep": 1}]}], "secret": "s"},
        "source": {"secret": "t"},
        "private_root": "u",
        "备注": {"x": [], "y": ["z"]},
    }
    found = build_form(document)
    public, private = split(found)
    assert public == {
        "subject": {"kind": "organisation", "name": "示例"},
        "displayed_on": {"apps": [{"id": "a"}, {"id": "b"}]},
    }
    assert dict(private) == {
        "subject.nonce": "x",
        "displayed_on.apps.1.secret.0": True,
        "displayed_on.apps.1.secret.1.deep": 1,
        "displayed_on.secret": "s",
        "source.secret": "t",
        "private_root": "u",
        "备注.y.0": "z",
    }
    assert set(unknown_in(found)) == {
        "private_root", "备注", "subject.nonce", "displayed_on.secret", "displayed_on.apps.1.secret", "source.secret",
    }  # fmt: skip


# --- what is missing, and odd ------------------------------------------------------------------------------


@pytest.mark.parametrize("category", TYPES)
def test_a_service_lacks_the_fields_of_its_own_types_only(category: str) -> None:
    found = build_form(LEAST | {"service": {"category": category, "types": list(TYPES[category])}})
    lacking = {path.split(".")[1] for path in missing(found) if path.count(".") == 2 and path.startswith("service")}
    assert lacking == {name for name, (owner, _) in DETAILS.items() if owner == category}


@pytest.mark.parametrize("path", [*missing(build_form(LEAST))])
def test_what_is_missing_is_a_field_or_part_of_the_form(path: str) -> None:
    assert any(field == path or field.startswith(f"{path}.") for field in fields_of(FilingForm))


def test_an_individual_has_no_nature() -> None:
    assert "subject.nature" in missing(build_form(LEAST))
    assert "subject.nature" not in missing(build_form({"subject": {"kind": "individual"}}))


def test_a_site_elsewhere_and_a_chain_spelt_otherwise_are_odd() -> None:
    document = LEAST | {
        "service": {"sites": [{"url": "https://other.cn/"}, {"url": "https://www.example.cn/"}],
                    "chains": ["fisco bcos", "FISCO BCOS", "自有链"]},
        "displayed_on": {"domains": ["example.cn"]},
    }  # fmt: skip
    found = list(oddities(build_form(document)))
    assert [(each.field, each.code) for each in found] == [
        ("service.sites.0.url", "RE170"),
        ("service.chains.0", "RE171"),
    ]
    assert "other.cn" not in found[0].text("zh-CN")


# --- template, labels, schema ------------------------------------------------------------------------------


def uncommented() -> str:
    return "\n".join(
        line if line.lstrip().startswith("##") else line.replace("# ", "", 1) for line in template().split("\n")
    )


def test_the_template_is_a_form_as_it_is_and_with_every_field_uncommented() -> None:
    for text in (template(), uncommented()):
        (found,) = read_forms(text.encode(), name="form.yaml")
        assert found.as_json() == {"schema": "filing-form/1"} | LEAST


def test_the_template_has_every_field_and_explains_it_in_both_languages() -> None:
    (document,) = read_documents(uncommented().encode(), "form.yaml")

    def paths(value: Any, path: str = "") -> set[str]:
        if isinstance(value, list) and value:
            return paths(value[0], path)
        if isinstance(value, dict):
            return set().union(*(paths(inner, f"{path}.{name}".strip(".")) for name, inner in value.items()))
        return {path}

    assert paths(document) == set(fields_of(FilingForm))
    for known in labels().values():
        assert f"{known['zh-CN']} / {known['en']}" in template()


def test_every_field_and_part_has_a_label_and_nothing_else_has_one() -> None:
    def parts(model: Any, path: str = "") -> set[str]:
        inner = {name: next(models_of(field.annotation), None) for name, field in model.model_fields.items()}
        here = {f"{path}{name}" for name, part in inner.items() if part}
        return here.union(*(parts(part, f"{path}{name}.") for name, part in inner.items() if part))

    shared = {"sha256", "media_type", "size"}
    fields = {path for path in fields_of(FilingForm) if path.rpartition(".")[2] not in shared}
    assert set(labels()) == fields | parts(FilingForm) | shared


def test_every_field_says_why_it_is_public_or_private_and_the_docs_say_what_that_means() -> None:
    reasons = {known["why"] for known in labels().values() if "why" in known}
    for page in ("record.md", "record.zh-CN.md"):
        text = (ROOT / "docs" / page).read_text("utf-8")
        assert not [reason for reason in reasons if f"| `{reason}` | " not in text]
    assert {
        path for path, known in labels().items() if known.get("why") in {"person", "identity", "contact"}
    }.isdisjoint(fields_of(PublicRecord))


def test_words_to_choose_from_are_the_models_own() -> None:
    assert choices("subject.kind", FilingForm.model_fields["subject"].annotation) == ()
    assert choices("responsible_person.document.type", str) == PERSONAL


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (form_schema(), example(), LEAST | {"filed_on": ["2019"]}),
        (form_schema(), LEAST | {"备注": {"x": 1}}, {"service": {}}),
        (record_schema(), LEAST | {"schema": "filing-record/1", "nonce": "A" * 22, "number": "n"},
         LEAST | {"schema": "filing-record/1", "nonce": "A" * 22, "number": "n", "phone": "1"}),
    ],
)  # fmt: skip
def test_the_schemas_are_schemas_and_tell_good_from_bad(schema: dict[str, Any], good: Any, bad: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert schema["$schema"] == DIALECT
    typed = json.loads(json.dumps(good).replace('"true"', "true"))
    assert [error.message for error in validator.iter_errors(_typed(typed))] == []
    assert list(validator.iter_errors(bad))


def _typed(value: Any) -> Any:
    """Plain values of YAML are text; a schema wants numbers where the form takes digits."""
    if isinstance(value, dict):
        numbers = {"size", "served_count", "yearly_visits", "mean_daily_visits"}
        return {name: int(inner) if name in numbers else _typed(inner) for name, inner in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("schema", [form_schema(), record_schema()])
def test_every_property_of_a_schema_is_described_in_chinese_and_english(schema: dict[str, Any]) -> None:
    for part in (schema, *schema["$defs"].values()):
        for name, entry in part.get("properties", {}).items():
            assert " / " in entry.get("description", ""), name


def test_a_part_that_serves_several_fields_has_all_their_names_in_the_schema() -> None:
    name = form_schema()["$defs"]["Evidence"]["properties"]["name"]["description"]
    assert name.split("\n") == [
        "制度名称 / Name of the rules",
        "事项 / Item",
        "资质名称 / Name of the qualification",
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"statement": FILE | {"size": -1}},
        {"statement": FILE | {"sha256": "0" * 63}},
        {"statement": FILE | {"media_type": "pdf"}},
        {"responsible_person": {"email": "a@b"}},
        {"service": {"sites": [{"url": "example.cn"}]}},
        {"service": {"explorer": {"yearly_visits": -1}}},
        {"service": {"category": "wallet"}},
        {"service": {"description": "字" * 4001}},
        {"dates": {"ends_on": "2026-2-3"}},
        {"subject": {"kind": "company"}},
    ],
)
def test_what_the_schema_refuses_breaks_a_rule_of_the_form_too(part: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(form_schema()).is_valid(LEAST | part)
    assert rules_broken(LEAST | part)


@pytest.mark.parametrize("kind", ["organisation", "individual", "sole-trader", "sole-proprietorship"])
@pytest.mark.parametrize("category", TYPES)
def test_the_schema_takes_every_form_as_it_is_stored(kind: str, category: str) -> None:
    stored = build_form(Maker(7).form(kind, category, 1)).as_json()
    assert [error.message for error in jsonschema.Draft202012Validator(form_schema()).iter_errors(stored)] == []


@pytest.mark.parametrize(
    ("field", "length", "good"), [("nonce", 16, True), ("nonce", 15, False), ("private_root", 31, False)]
)
def test_the_records_schema_knows_the_length_of_nonce_and_root(field: str, length: int, good: bool) -> None:
    record = LEAST | {"schema": "filing-record/1", "nonce": "A" * 22, "number": "n", "private_root": "A" * 43}
    changed = record | {field: encode(b"\0" * length)}
    assert jsonschema.Draft202012Validator(record_schema()).is_valid(changed) is good


def test_errors_of_a_form_are_ours() -> None:
    for document in ([], None, 1, "x", {"subject": None}, {"service": 1}):
        with pytest.raises(AttestError):
            build_form(document)


@pytest.mark.parametrize("place", ["note", "service.types", "displayed_on.domains"])
def test_a_list_without_end_is_refused_as_a_whole(place: str) -> None:
    part, _, name = place.rpartition(".")
    document = LEAST | ({part: {name: ["x"] * 1_001}} if part else {name: ["x"] * 1_001})
    with pytest.raises(RecordError, match=re.escape(place)) as caught:
        examine_form(document)
    assert caught.value.code == "RE106"


def test_a_form_with_the_contents_of_files_in_it_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        examine_form(LEAST | {"scan": "A" * 300_000})
    assert caught.value.code == "RE110"
