"""`attest deadlines`: one event, a filing's life, the calendar file, and what cannot be used."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from icalendar import Calendar

from attest.cli.deadlines import state_of
from attest.deadlines import RULES, Kind, due
from attest.workdays import library
from tests.cli.command import ROOT, attest
from tests.fictional import fictional

EXAMPLE: Final = ROOT / "docs/example-holidays.yaml"
NUMBER: Final = fictional(1)
CHINESE: Final = re.compile("[\u4e00-\u9fff]")
LEAST: Final[dict[str, Any]] = {"subject": {"kind": "organisation"}}
FORM: Final[dict[str, Any]] = {
    "schema": "filing-form/1",
    "number": NUMBER.text,
    "subject": {"kind": "individual", "name": "张三"},
    "responsible_person": {"mobile": "13800138000"},
    "备注": "紧急",
    "dates": {"started_on": "2100-01-28", "ends_on": "2100-10-30"},
}


def write(home: Path, document: object = FORM, name: str = "form.json") -> Path:
    home.mkdir(exist_ok=True)
    path = home / name
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def events(path: Path) -> list[Any]:
    return list(Calendar.from_ical(path.read_bytes()).walk("VEVENT"))


def test_one_event_as_json(tmp_path: Path) -> None:
    said = attest("deadlines", "--kind", "filing", "--from", "2026-02-10", "--json", home=tmp_path, lang="zh-CN")
    assert (said.code, said.err) == (0, "")
    assert said.json == {
        "schema": "deadline/1",
        "kind": "filing",
        "from": "2026-02-10",
        "due": "2026-03-02",
        "last_workday": "2026-03-02",
        "provisional": False,
        "unknown_years": [],
        "awaits_notice_for": None,
        "done_on": None,
        "rule": RULES[Kind.FILING].text("en"),
    }


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_answered_as_the_core_does(kind: Kind, tmp_path: Path) -> None:
    said = attest("deadlines", "--kind", kind, "--from", "2025-10-31", "--json", home=tmp_path)
    assert said.json["due"] == str(due(kind, date(2025, 10, 31), library()).due)


def test_people_see_the_weekday_the_rule_and_what_it_is_counted_from(tmp_path: Path) -> None:
    said = attest("deadlines", "--kind", "termination", "--from", "2025-10-31", home=tmp_path)
    first, second, third, *notes = said.out.splitlines()
    assert re.fullmatch(r"de-registration: last day 2025-09-14, Sunday; days past: \d+", first)
    assert second == "counted from 2025-10-31 (end of service)"
    assert "Art. 11 ¶3" in third
    assert notes[0] == "2025-09-14 is a day off. The last working day before it is 2025-09-12, Friday."
    assert "not legal advice" in notes[-1]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh-CN", "截止日 2100-02-11（周四），暂定；还剩"), ("zh-TW", "截止日 2100-02-11（週四），暫定；還剩")],
)
def test_it_speaks_chinese(lang: str, words: str, tmp_path: Path) -> None:
    assert words in attest("deadlines", "--kind", "filing", "--from", "2100-01-28", home=tmp_path, lang=lang).out


def test_an_unknown_year_is_provisional_and_the_file_that_gives_it_is_asked_for(tmp_path: Path) -> None:
    words = ["deadlines", "--kind", "filing", "--from", "2100-01-28"]
    said = attest(*words, home=tmp_path)
    assert "2100-02-11, Thursday, provisional" in said.out
    assert "the holidays of 2100 are not known here" in said.out
    assert "--holidays FILE" in said.out
    found = attest(*words, "--json", home=tmp_path).json
    assert (found["due"], found["provisional"], found["unknown_years"]) == ("2100-02-11", True, [2100])


def test_a_holidays_file_makes_it_certain_and_its_source_is_told(tmp_path: Path) -> None:
    words = ["deadlines", "--kind", "filing", "--from", "2100-01-28", "--holidays", EXAMPLE]
    said = attest(*words, home=tmp_path)
    assert "last day 2100-02-17, Wednesday; days left: " in said.out
    assert "rovisional" not in said.out
    assert "Holidays of 2100 by " in said.out
    assert "虚构示例" in said.out
    assert attest(*words, "--json", home=tmp_path).json["due"] == "2100-02-17"


def test_the_end_of_december_names_the_notice_that_may_still_change_it(tmp_path: Path) -> None:
    words = ["deadlines", "--kind", "change", "--from", "2100-12-21", "--holidays", EXAMPLE]
    found = attest(*words, "--json", home=tmp_path).json
    assert (found["due"], found["provisional"], found["awaits_notice_for"]) == ("2100-12-28", False, 2101)
    assert "the notice for 2101" in attest(*words, home=tmp_path).out


def test_a_time_is_taken_to_its_day_in_china(tmp_path: Path) -> None:
    found = attest("deadlines", "--kind", "change", "--from", "2026-02-10T16:00Z", "--json", home=tmp_path).json
    assert found["from"] == "2026-02-11"


@pytest.mark.parametrize(
    ("days", "words"), [(-1, "days left: 1"), (0, "today is the last day"), (3, "days past: 3"), (-20, "days left: 20")]
)
def test_a_state_is_told_in_calendar_days(days: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_LANG", "en")
    deadline = due(Kind.FILING, date(2026, 2, 10), library())
    assert state_of(deadline, deadline.due + timedelta(days)) == words


@pytest.mark.parametrize(
    ("done", "words"), [("2026-03-02", "done 2026-03-02, in time"), ("2026-03-04", "done 2026-03-04, days late: 2")]
)
def test_what_was_done_is_neither_left_nor_past(done: str, words: str, tmp_path: Path) -> None:
    path = write(tmp_path, LEAST | {"dates": {"started_on": "2026-02-10", "submitted_on": done}})
    assert words in attest("deadlines", path, home=tmp_path).out


def test_a_life_is_a_table_with_a_row_for_every_kind(tmp_path: Path) -> None:
    said = attest("deadlines", write(tmp_path), "--holidays", EXAMPLE, home=tmp_path)
    assert said.code == 0
    assert said.out.startswith(NUMBER.text)
    assert re.search(
        r"filing +2100-01-28 \(start of service\) +2100-02-17, Wednesday +days left: \d+ +Art. 11", said.out
    )
    for field in ("dates.submitted_on", "source.published", "dates.changed_on"):
        assert re.search(rf"- +- +give {field}", said.out)


def test_a_life_as_json_names_the_fields_that_are_missing(tmp_path: Path) -> None:
    found = attest("deadlines", write(tmp_path), "--json", home=tmp_path).json
    assert (found["schema"], found["number"]) == ("deadlines/1", NUMBER.text)
    assert [(each["kind"], each["from"]) for each in found["deadlines"]] == [
        ("filing", "2100-01-28"),
        ("termination", "2100-10-30"),
    ]
    assert found["missing"] == [
        {"kind": kind, "field": RULES[Kind(kind)].field} for kind in ("review", "objection", "change")
    ]


def test_a_life_tells_what_is_provisional_by_its_name(tmp_path: Path) -> None:
    out = attest("deadlines", write(tmp_path), home=tmp_path).out
    assert "filing: Provisional: the holidays of 2100" in out
    assert "de-registration: Provisional: the holidays of 2100" in out


def test_a_form_comes_from_a_pipe_too_and_may_be_empty_of_days(tmp_path: Path) -> None:
    found = attest("deadlines", "-", "--json", home=tmp_path, stdin=json.dumps(LEAST).encode()).json
    assert (found["number"], found["deadlines"], len(found["missing"])) == (None, [], 5)


def test_a_form_in_yaml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "form.yaml"
    path.write_text("备注: 紧急\nsubject: {kind: individual}\ndates: {changed_on: 2026-02-09}\n", encoding="utf-8")
    assert attest("deadlines", path, "--json", home=tmp_path).json["deadlines"][0]["due"] == "2026-02-14"


def test_a_calendar_file_has_a_whole_day_event_with_a_reminder_for_every_open_deadline(tmp_path: Path) -> None:
    path = tmp_path / "deadlines.ics"
    before = datetime.now(UTC).replace(microsecond=0)
    said = attest("deadlines", write(tmp_path), "--holidays", EXAMPLE, "--ics", path, "--json", home=tmp_path)
    assert (said.code, said.err) == (0, f"Calendar: {path}\n")
    filing, end = events(path)
    assert filing.decoded("dtstart") == date(2100, 2, 17)
    assert [event.decoded("dtstart").isoformat() for event in (filing, end)] == [
        each["due"] for each in said.json["deadlines"]
    ]
    assert filing["summary"] == f"Blockchain filing, last day: filing {NUMBER}"
    assert "Art. 11 ¶1" in filing["description"]
    assert "rovisional" not in filing["description"]
    assert before <= filing.decoded("dtstamp") <= datetime.now(UTC)
    (alarm,) = filing.walk("VALARM")
    assert alarm.decoded("trigger") == -timedelta(days=2, hours=15)
    assert [each.name for each in path.parent.glob("*.tmp")] == []


def test_a_calendar_file_is_in_the_users_language_and_says_what_is_provisional(tmp_path: Path) -> None:
    path = tmp_path / "deadlines.ics"
    attest("deadlines", "--kind", "filing", "--from", "2100-01-28", "--ics", path, home=tmp_path, lang="zh-CN")
    (event,) = events(path)
    assert event["summary"] == "区块链备案截止日：备案"
    assert "暂定：尚不掌握 2100 年的放假安排" in event["description"]


def test_a_calendar_file_holds_nothing_of_the_form_but_days_and_number(tmp_path: Path) -> None:
    path = tmp_path / "deadlines.ics"
    assert attest("deadlines", write(tmp_path), "--ics", path, home=tmp_path).code == 0
    written = path.read_bytes().decode().replace("\r\n ", "")
    assert NUMBER.text in written
    assert not {word for word in ("张三", "13800138000", "紧急") if word in written}


def test_an_event_keeps_its_uid_when_its_day_becomes_certain_and_no_two_share_one(tmp_path: Path) -> None:
    path, form = tmp_path / "deadlines.ics", write(tmp_path)
    uids, days = [], []
    for more in ([], ["--holidays", EXAMPLE]):
        attest("deadlines", form, "--ics", path, *more, home=tmp_path)
        uids.append([str(event["uid"]) for event in events(path)])
        days.append([event.decoded("dtstart") for event in events(path)])
    assert uids[0] == uids[1]
    assert days[0] != days[1]
    other = write(tmp_path, FORM | {"number": fictional(2).text}, "other.json")
    attest("deadlines", other, "--ics", path, home=tmp_path)
    assert len({*uids[0], *(str(event["uid"]) for event in events(path))}) == 4


def test_what_was_done_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "deadlines.ics"
    form = write(tmp_path, LEAST | {"dates": {"started_on": "2026-02-10", "submitted_on": "2026-02-11"}})
    assert attest("deadlines", form, "--ics", path, home=tmp_path).code == 0
    assert [event.decoded("dtstart") for event in events(path)] == [due(Kind.REVIEW, date(2026, 2, 11), library()).due]


ONE: Final = ["--kind", "filing", "--from", "2026-02-10"]


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ([], "DL130", 2),
        (["--kind", "filing"], "DL130", 2),
        (["--from", "2026-02-10"], "DL130", 2),
        (["form.json", *ONE], "DL130", 2),
        (["form.json", "--kind", "filing"], "DL130", 2),
        (["--kind", "algorithm", "--from", "2026-02-10"], "IN103", 2),
        (["--kind", "", "--from", "2026-02-10"], "IN103", 2),
        (["--kind", "filing", "--from", "10.2.2026"], "DL120", 2),
        (["--kind", "filing", "--from", "\x1b[31m"], "DL120", 2),
        (["--kind", "filing", "--from", "2026-02-10T09:00"], "DL121", 2),
        (["--kind", "filing", "--from", "9999-12-31"], "DL122", 2),
        ([*ONE, "--holidays", "missing.yaml"], "IN101", 2),
        ([*ONE, "--holidays", "form.json"], "IN104", 2),
        ([*ONE, "--holidays", "broken.json"], "IN104", 2),
        ([*ONE, "--holidays", "large.json"], "IN102", 2),
        ([*ONE, "--ics", "-"], "DL131", 2),
        ([*ONE, "--ics", "."], "DL131", 2),
        ([*ONE, "--ics", "nowhere/a.ics"], "IN110", 4),
        (["form.json", "--ics", "form.json"], "DL131", 2),
        ([*ONE, "--ics", "broken.json"], "DL131", 2),
        (["empty.json", "--ics", "a.ics"], "DL132", 2),
        (["missing.json"], "IN101", 2),
        (["broken.json"], "IN104", 2),
        (["list.json"], "IN104", 2),
        (["record.json"], "IN104", 2),
        (["day.json"], "IN104", 2),
        (["number.json"], "IN104", 2),
        (["form.json", "form.json"], "IN120", 2),
    ],
)
def test_wrong_input_is_named_in_both_languages_and_changes_nothing(
    words: list[str], code: str, exit_code: int, tmp_path: Path
) -> None:
    contents = {
        "form.json": json.dumps(FORM),
        "broken.json": "{",
        "large.json": " " * 300_000,
        "empty.json": json.dumps(LEAST),
        "list.json": json.dumps([FORM, FORM]),
        "record.json": json.dumps(FORM | {"schema": "filing-record/1"}),
        "day.json": json.dumps(FORM | {"dates": {"ends_on": "soon"}}),
        "number.json": json.dumps(FORM | {"number": "1"}),
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    english = attest("deadlines", *words, home=tmp_path)
    chinese = attest("deadlines", *words, home=tmp_path, lang="zh-CN")
    for said in (english, chinese):
        assert (said.code, said.out) == (exit_code, "")
        assert said.err.startswith(f"attest: [{code}] ")
        assert "\x1b" not in said.err
        assert not {word for word in ("张三", "13800138000", "Traceback") if word in said.err}
    assert CHINESE.search(chinese.err)
    assert english.err != chinese.err
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == contents


def test_a_private_day_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    said = attest("deadlines", write(tmp_path, LEAST | {"dates": {"ends_on": "张三 13800138000"}}), home=tmp_path)
    assert (said.code, "[IN104]" in said.err, "13800138000" in said.err) == (2, True, False)
    public = attest("deadlines", write(tmp_path, LEAST | {"filed_on": "30.3.2019"}), home=tmp_path)
    assert "'30.3.2019'" in public.err


def test_what_could_be_meant_is_shown_where_neither_way_was_taken(tmp_path: Path) -> None:
    said = attest("deadlines", home=tmp_path)
    assert "attest deadlines --kind filing --from 2026-02-10" in said.err
    assert "attest deadlines FORM.yaml" in said.err
