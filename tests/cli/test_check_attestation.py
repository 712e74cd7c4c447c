"""`attest check attestation`: what a registry, or a digest that the user trusts, says of an attestation."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attest import canonical
from attest.attestation import parse_attestation
from attest.number import FilingNumber
from tests.chain.anvil import Anvil
from tests.cli.command import Said, attest
from tests.cli.conftest import document
from tests.cli.keeping import PASSPHRASE, on_anvil, piped
from tests.cli.sites import GOOD
from tests.fictional import fictional
from tests.seal_vectors import FOLDER

FILED, ABSENT = fictional(701), fictional(702)
REGISTRIES = ("local", "ruling", "copy")
"""Self-declared, authoritative, and a mirror."""
WRONG_DIGEST = "11" * 26
VECTORS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


@dataclass(frozen=True)
class Filing:
    """A number's files in a holder's home, and the digest of its record.

    Attributes:
        told: Two of its fields disclosed.
        older: A copy, and the disclosure of it, from a form that was sealed before.
    """

    copy: Path
    told: Path
    older: tuple[Path, Path]
    digest: str


@dataclass(frozen=True)
class Holder:
    home: Path
    filed: Filing
    absent: Filing

    def check(self, *arguments: object, passphrase: str | None = None, **how: Any) -> Said:
        words = ("check", "attestation", *arguments)
        if passphrase is None:
            return attest(*words, home=self.home, **how)
        with piped(passphrase) as descriptor:
            return attest(*words, "--passphrase-fd", descriptor, home=self.home, **how)

    def registry(self, *arguments: object) -> Said:
        return attest("registry", *arguments, home=self.home)

    def written(self, name: str, content: str) -> Path:
        path = self.home / name
        path.write_text(content, encoding="utf-8")
        return path

    def changed(self, path: Path, **change: Any) -> Path:
        """A file beside `path` with other fields."""
        file = json.loads(path.read_text(encoding="utf-8")) | change
        return self.written(f"changed-{path.name}", json.dumps(file))


def form(number: object) -> dict[str, Any]:
    return {
        "number": str(number),
        "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司"},
        "responsible_person": {"name": "示例某", "mobile": "13800138000"},
        "forged": "x\nThe registry holds this record.\u202e",
    }


def _files(home: Path, folder: str, forms: Path) -> None:
    """Make attestations of the forms, and disclose two fields of each."""
    with piped(PASSPHRASE) as descriptor:
        made = attest(
            "attestation", "make", forms, "-o", home / folder, "--passphrase-fd", descriptor, "--json", home=home
        )
    assert made.code == 0
    for item in made.json["attestations"]:
        out = home / folder / f"{item['number']}.told.json"
        with piped(PASSPHRASE) as descriptor:
            fields = ("responsible_person.name", "forged")
            disclose = ("attestation", "disclose", item["file"], *fields, "-o", out, "--passphrase-fd", descriptor)
            assert attest(*disclose, home=home).code == 0


@pytest.fixture(scope="module")
def _road(_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which two forms were sealed twice, and the second attestation of one of them registered."""
    home = Path(shutil.copytree(_prepared, tmp_path_factory.mktemp("road") / "home"))
    assert attest("registry", "init", "--name", "copy", "--authority", "mirror", home=home).code == 0
    forms = home / "forms.json"
    forms.write_text(json.dumps([form(FILED), form(ABSENT)]), encoding="utf-8")
    for folder in ("older", "newest"):
        _files(home, folder, forms)
    for name in REGISTRIES:
        registered = attest(
            "registry", "register", home / f"newest/{FILED.key}.attestation.json", "--registry", name, home=home
        )
        assert registered.code == 0
    return home


@pytest.fixture(scope="module")
def holder(_road: Path) -> Holder:
    """The holder's home, for tests that change neither its registries nor its settings."""
    return _holder(_road)


@pytest.fixture
def own(_road: Path, tmp_path: Path) -> Holder:
    """The same in a home of its own."""
    return _holder(Path(shutil.copytree(_road, tmp_path / "home")))


def _holder(home: Path) -> Holder:
    def filing(number: FilingNumber) -> Filing:
        copy, told = f"{number.key}.attestation.json", f"{number}.told.json"
        record = parse_attestation((home / "newest" / copy).read_bytes()).record
        assert record is not None
        digest = canonical.digest(record.canonical()).hex()
        return Filing(
            home / "newest" / copy, home / "newest" / told, (home / "older" / copy, home / "older" / told), digest
        )

    return Holder(home, filing(FILED), filing(ABSENT))


# --- what a registry holds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", REGISTRIES)
def test_what_a_registry_holds_is_told_with_what_it_rests_on(holder: Holder, registry: str) -> None:
    filed = holder.filed
    said = holder.check(
        filed.copy, "--ask-node", "--disclosed", filed.told, "--registry", registry, "--private", "--json",
        passphrase=PASSPHRASE,
    )  # fmt: skip
    told = said.json
    assert (said.code, said.err, told["schema"]) == (0, "", "attestation-check/1")
    assert (told["number"], told["status"], told["vouched_by"]) == (FILED.text, "active", "node")
    assert (told["digest"], told["differences"], told["private_fields"]) == (filed.digest, [], 3)
    assert {item["path"]: item["value"] for item in told["disclosed"]} == {
        "forged": "x\nThe registry holds this record.\u202e",
        "responsible_person.name": "示例某",
    }
    assert (told["rests_on"]["registry"], told["rests_on"]["local"]) == (registry, True)
    assert "13800138000" not in said.out


@pytest.mark.parametrize("lang", ["en", "zh-CN", "zh-TW"])
def test_people_are_told_in_their_language(holder: Holder, lang: str) -> None:
    said = holder.check(holder.filed.copy, "--ask-node", "--disclosed", holder.filed.told, lang=lang)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert {
        "en": "The registry holds this record.",
        "zh-CN": "登记簿所载即为此记录。",
        "zh-TW": "登記簿所載即為此記錄。",
    }[lang] in lines
    assert {"en": f"{FILED}  active", "zh-CN": f"{FILED}  有效", "zh-TW": f"{FILED}  有效"}[lang] == lines[0]
    assert "  responsible_person.name: 示例某" in lines


def test_no_disclosed_value_looks_like_a_line_of_ours(holder: Holder) -> None:
    said = holder.check(holder.filed.copy, "--disclosed", holder.filed.told)
    assert said.code == 3
    assert "The registry holds this record." not in said.out.splitlines()
    assert "  forged: x The registry holds this record.\N{REPLACEMENT CHARACTER}" in said.out.splitlines()


def test_a_public_copy_is_as_good(holder: Holder) -> None:
    public = json.loads(holder.filed.copy.read_text(encoding="utf-8"))
    del public["private"]
    path = holder.written("blockchain-filing.json", json.dumps(public, indent=4))
    assert holder.check(path, "--ask-node", "--disclosed", holder.filed.told).code == 0
    none = holder.check(path, "--private", passphrase=PASSPHRASE)
    assert (none.code, none.out, "no private part" in none.err) == (2, "", True)


@pytest.mark.parametrize(
    ("change", "status"), [("suspend", "suspended"), ("cancel", "cancelled"), ("revoke", "revoked")]
)
def test_any_status_is_told_and_is_no_difference(own: Holder, change: str, status: str) -> None:
    assert own.registry(change, FILED).code == 0
    said = own.check(own.filed.copy, "--ask-node", "--disclosed", own.filed.told, "--json")
    assert (said.code, said.json["status"], said.json["differences"]) == (0, status, [])
    assert status in own.check(own.filed.copy, "--ask-node").out.splitlines()[0]


def test_a_filing_that_was_amended_since_is_a_difference(own: Holder) -> None:
    newer, _ = own.filed.older
    assert own.registry("amend", newer, "--expected-digest", own.filed.digest).code == 0
    said = own.check(own.filed.copy, "--ask-node", "--disclosed", own.filed.told, "--json")
    assert (said.code, said.json["differences"], said.json["status"]) == (1, ["AT126"], "active")
    for_people = own.check(own.filed.copy, "--ask-node")
    assert (for_people.code, "[AT126]" in for_people.err, own.filed.digest in for_people.err) == (1, True, True)
    assert "The registry holds this record." not in for_people.out
    assert "newest" in for_people.err
    assert own.check(newer, "--ask-node", "--disclosed", own.filed.older[1]).code == 0


@pytest.mark.parametrize(("registry", "code"), [("local", 3), ("ruling", 1), ("copy", 3)])
def test_an_absence_accuses_only_where_the_registry_is_authoritative(holder: Holder, registry: str, code: int) -> None:
    said = holder.check(holder.absent.copy, "--ask-node", "--registry", registry, "--json")
    assert (said.code, said.json["status"], said.json["differences"]) == (code, "none", [])
    told = holder.check(holder.absent.copy, "--ask-node", "--disclosed", holder.absent.told, "--registry", registry)
    assert told.code == code
    assert "The registry holds this record." not in told.out.splitlines()


def test_a_void_entry_is_as_good_as_none(own: Holder) -> None:
    for registry, code in (("local", 3), ("ruling", 1)):
        assert own.registry("correct", FILED, "--registry", registry).code == 0
        said = own.check(own.filed.copy, "--ask-node", "--registry", registry, "--json")
        assert (said.code, said.json["status"], said.json["differences"]) == (code, "void", [])


def test_an_authority_for_one_province_decides_nothing_about_another(own: Holder) -> None:
    settings = own.home / "attest.toml"
    text = settings.read_text(encoding="utf-8").replace('"authoritative"', '"authoritative"\nprovinces = ["浙"]')
    settings.write_text(text, encoding="utf-8")
    assert own.check(own.absent.copy, "--ask-node", "--registry", "ruling").code == 3


def test_a_registry_that_cannot_be_asked_accuses_nobody(holder: Holder, tmp_path: Path) -> None:
    settings = (
        '[networks.far]\nrpc = "http://127.0.0.1:1/"\nchain_id = 5\n'
        f'[registries.far]\nnetwork = "far"\naddress = "0x{"11" * 20}"\nauthority = "authoritative"\n'
    )
    (tmp_path / "far").mkdir()
    (tmp_path / "far/attest.toml").write_text(settings)
    for how in ((), ("--disclosed", holder.filed.told)):
        said = attest("check", "attestation", holder.filed.copy, "--ask-node", *how, home=tmp_path / "far")
        assert (said.code, said.out) == (3, "")


def test_an_entry_that_is_not_final_yet_accuses_nobody(holder: Holder, anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path / "node")
    assert keeping.init("--authority", "authoritative").code == 0
    record = json.loads(holder.filed.copy.read_text(encoding="utf-8"))
    assert keeping.write("register", keeping.file("r.json", json.dumps(record))).code == 0
    assert attest("check", "attestation", holder.filed.copy, "--ask-node", home=keeping.home).code == 0
    settings = keeping.home / "attest.toml"
    settings.write_text(settings.read_text().replace('"latest"', '"1 confirmations"'))
    said = attest("check", "attestation", holder.filed.copy, "--ask-node", "--json", home=keeping.home)
    assert (said.code, said.json["status"]) == (3, "none")
    assert attest("check", "attestation", holder.absent.copy, "--ask-node", home=keeping.home).code == 1


def test_what_a_file_says_of_its_registry_counts_nothing(holder: Holder) -> None:
    elsewhere = {"chain_id": 1, "genesis": "0x" + "ab" * 32, "contract": "0x" + "11" * 20}
    path = holder.changed(holder.absent.copy, registry=elsewhere)
    assert holder.check(path, "--ask-node", "--registry", "ruling").code == 1
    assert holder.check(holder.changed(holder.filed.copy, registry=elsewhere), "--ask-node").code == 0


# --- what nobody vouches for, and what the user vouches for -------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_nothing_is_known_while_nobody_vouches(holder: Holder, lang: str) -> None:
    said = holder.check(holder.filed.copy, "--disclosed", holder.filed.told, lang=lang)
    assert said.code == 3
    assert {"en": "anybody can write an attestation", "zh-CN": "任何人都能编写存证文件"}[lang] in said.out.splitlines()[
        0
    ]
    as_json = holder.check(holder.filed.copy, "--disclosed", holder.filed.told, "--json")
    assert (as_json.code, as_json.json["vouched_by"], as_json.json["rests_on"]) == (3, None, None)


def test_a_difference_is_one_whoever_vouches(holder: Holder) -> None:
    for how in ((), ("--ask-node",), ("--digest", holder.filed.digest)):
        assert holder.check(holder.filed.copy, "--disclosed", holder.filed.older[1], *how).code == 1


@pytest.mark.parametrize("spelled", [str, str.upper, "0x{}".format])
def test_the_right_digest_is_enough(holder: Holder, spelled: Any) -> None:
    digest = spelled(holder.filed.digest)
    said = holder.check(holder.filed.copy, "--digest", digest, "--disclosed", holder.filed.told, "--json")
    assert (said.code, said.json["vouched_by"], said.json["status"]) == (0, "digest", None)
    assert "has the digest that you gave" in holder.check(holder.filed.copy, "--digest", digest).out


def test_another_digest_is_a_difference(holder: Holder) -> None:
    for digest in (WRONG_DIGEST, holder.absent.digest):
        said = holder.check(holder.filed.copy, "--digest", digest, "--json")
        assert (said.code, said.json["differences"]) == (1, ["AT126"])


@pytest.mark.parametrize("digest", ["", "0x", "11" * 25, "11" * 27, "11" * 32, "zz" * 26])
def test_a_digest_that_is_none_is_wrong_usage(holder: Holder, digest: str) -> None:
    said = holder.check(holder.filed.copy, "--digest", digest)
    assert (said.code, said.out, "[IN106]" in said.err) == (2, "", True)


# --- what differs -------------------------------------------------------------------------------------------


def test_a_changed_disclosure_is_a_difference(holder: Holder) -> None:
    file = json.loads(holder.filed.told.read_text(encoding="utf-8"))
    for name, value in (("value", "示例人"), ("path", "responsible_person.mobile"), ("salt", "A" * 22), ("proof", [])):
        fields = [file["fields"][0], file["fields"][1] | {name: value}]
        said = holder.check(
            holder.filed.copy, "--ask-node", "--disclosed", holder.changed(holder.filed.told, fields=fields)
        )
        assert (said.code, "[AT125]" in said.err) == (1, True)
        assert fields[1]["path"] in said.err
        assert "示例人" not in said.out
        assert "holds these disclosed fields" not in said.out


def test_another_filings_and_another_versions_disclosures_are_differences(holder: Holder) -> None:
    for disclosed, code in ((holder.absent.told, "AT123"), (holder.filed.older[1], "AT124")):
        said = holder.check(holder.filed.copy, "--ask-node", "--disclosed", disclosed, "--json")
        assert (said.code, said.json["differences"]) == (1, [code])
        assert f"[{code}]" in said.err


def test_a_disclosure_from_an_attestation_of_ones_own_making_is_found_by_the_registry(holder: Holder) -> None:
    copy, told = holder.filed.older
    assert holder.check(copy, "--disclosed", told).code == 3
    said = holder.check(copy, "--disclosed", told, "--ask-node", "--json")
    assert (said.code, said.json["differences"]) == (1, ["AT126"])


def test_a_changed_record_is_a_difference(holder: Holder) -> None:
    record = json.loads(holder.filed.copy.read_text(encoding="utf-8"))["record"]
    path = holder.changed(holder.filed.copy, record=record | {"filed_on": "2019-03-30"})
    said = holder.check(path, "--ask-node", "--disclosed", holder.filed.told, "--json")
    assert (said.code, said.json["differences"]) == (1, ["AT126"])


def test_a_private_part_that_does_not_open_is_unusable_input(holder: Holder) -> None:
    for passphrase in ("wrong", ""):
        said = holder.check(holder.filed.copy, "--private", "--ask-node", passphrase=passphrase)
        assert (said.code, said.out) == (2, "")
    other = json.loads(holder.absent.copy.read_text(encoding="utf-8"))["private"]
    moved = holder.changed(holder.filed.copy, private=other)
    assert holder.check(moved, "--private", passphrase=PASSPHRASE).code == 2
    assert holder.check(moved, "--ask-node").code == 0


@pytest.mark.parametrize("name", {vector.get("error"): name for name, vector in VECTORS.items()}.values())
def test_a_vector_of_each_kind_is_told_by_its_code(tmp_path: Path, name: str) -> None:
    vector = VECTORS[name]
    for part in ("attestation", "disclosure"):
        (tmp_path / f"{part}.json").write_text(vector[part], encoding="utf-8")
    files = ("attestation.json", "--disclosed", "disclosure.json")
    said = attest("check", "attestation", *files, "--digest", vector["digest"], "--json", home=tmp_path)
    match vector.get("error"):
        case None:
            assert said.code == 0
            found = [[item["path"], item["value"]] for item in said.json["disclosed"]]
            assert json.dumps(found) == json.dumps(vector["fields"])
        case "AT123" | "AT124" | "AT125" | "AT126" as code:
            assert said.code == 1
            assert code in said.json["differences"]
            assert f"[{code}]" in said.err
        case _:
            assert (said.code, said.out, "[IN104]" in said.err) == (2, "", True)


# --- what cannot be used ------------------------------------------------------------------------------------


def test_two_who_vouch_are_one_too_many(holder: Holder) -> None:
    said = holder.check(holder.filed.copy, "--ask-node", "--digest", holder.filed.digest)
    assert (said.code, said.out, "[AT132]" in said.err) == (2, "", True)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '{"schema":"filing-form/1"}',
        '{"schema":"filing-attestation/1","number":"1"}',
        f'{{"schema":"filing-attestation/1","number":"{FILED}"}}',
        f'{{"schema":"filing-attestation/1","number":"{FILED}","record":{{}}}}',
        "[" * 1000,
        " " * 1_100_000,
    ],
)
def test_a_file_that_is_no_attestation_says_nothing_of_the_number(holder: Holder, content: str) -> None:
    path = holder.written("none.json", content)
    for how in ((), ("--ask-node", "--registry", "ruling")):
        said = holder.check(path, *how)
        assert (said.code, said.out, str(path) in said.err) == (2, "", True)
    disclosed = holder.check(holder.filed.copy, "--ask-node", "--disclosed", path)
    assert (disclosed.code, disclosed.out, str(path) in disclosed.err) == (2, "", True)


def test_other_files_of_ours_are_no_attestation(holder: Holder) -> None:
    record = holder.written("record.json", json.dumps(document(GOOD)))
    for path in (holder.filed.told, record, holder.home / "forms.json", holder.home / "none.json", holder.home):
        assert holder.check(path, "--ask-node").code == 2
    assert holder.check(holder.filed.copy, "--disclosed", holder.filed.copy).code == 2


def test_a_file_may_come_through_a_pipe(holder: Holder) -> None:
    assert holder.check("-", "--ask-node", stdin=holder.filed.copy.read_bytes()).code == 0


def test_an_unknown_registry_is_told(holder: Holder) -> None:
    said = holder.check(holder.filed.copy, "--ask-node", "--registry", "none")
    assert (said.code, said.out) == (2, "")
