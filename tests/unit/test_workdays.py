"""The holidays file: what is read, and every rule that refuses one."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from attest import messages
from attest.errors import HolidaysError
from attest.workdays import MAX_YEARS, Arrangement, library, read_arrangements

EXAMPLE: Final = Path(__file__).parents[2] / "docs/example-holidays.yaml"
LEAST: Final[dict[str, Any]] = {
    "year": 2100,
    "holidays": ["2100-01-01", "2100-05-01", "2100-10-01/2100-10-03"],
    "workdays": [],
    "source": "虚构",
}


def refused(document: object) -> HolidaysError:
    with pytest.raises(HolidaysError) as caught:
        read_arrangements(json.dumps(document).encode(), name="a.json")
    assert caught.value.exit_code == 2
    assert all(caught.value.text(lang) for lang in messages.LANGUAGES)
    return caught.value


def of(year: int) -> dict[str, Any]:
    return json.loads(json.dumps(LEAST).replace("2100", str(year)))  # type: ignore[no-any-return]


def test_the_example_is_a_whole_fictional_year() -> None:
    (example,) = read_arrangements(EXAMPLE.read_bytes(), name=EXAMPLE.name)
    assert example.year == 2100
    assert example.year not in library().known
    assert (len(example.holidays), len(example.workdays)) == (29, 5)
    assert "fictional" in example.source


def test_json_and_yaml_of_one_year_are_the_same_year() -> None:
    text = "year: 2100\nsource: 虚构\nworkdays: []\nholidays: [2100-01-01, 2100-05-01, 2100-10-01/2100-10-03]\n"
    from_json = read_arrangements(json.dumps(LEAST).encode(), name="a.json")
    assert read_arrangements(text.encode(), name="a.yaml") == from_json


def test_a_list_gives_each_of_its_years() -> None:
    found = read_arrangements(json.dumps([of(2101), of(2100)]).encode(), name="a.json")
    assert [arrangement.year for arrangement in found] == [2101, 2100]


def test_a_notice_may_arrange_the_last_week_before_its_year() -> None:
    document = LEAST | {"holidays": [*LEAST["holidays"][1:], "2099-12-25/2100-01-01"], "workdays": ["2099-12-20"]}
    assert refused(document).code == "DL109"
    (found,) = read_arrangements(json.dumps(document | {"workdays": []}).encode(), name="a.json")
    assert min(found.holidays) == date(2099, 12, 25)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("text", "DL101"),
        (None, "DL101"),
        ([], "DL102"),
        ([LEAST] * (MAX_YEARS + 1), "DL102"),
        (LEAST | {"holiday": []}, "DL104"),
        ({}, "DL105"),
        ({name: value for name, value in LEAST.items() if name != "workdays"}, "DL105"),
        (LEAST | {"workdays": None}, "DL105"),
        (LEAST | {"year": 100}, "DL107"),
        (LEAST | {"year": "0100"}, "DL107"),
        (LEAST | {"year": True}, "DL107"),
        (LEAST | {"year": "２１００"}, "DL107"),
        (LEAST | {"year": [2100]}, "DL107"),
        (LEAST | {"holidays": "2100-01-01"}, "DL108"),
        (LEAST | {"workdays": {}}, "DL108"),
        (LEAST | {"holidays": ["2101-01-01"]}, "DL109"),
        (LEAST | {"holidays": ["2099-12-24"]}, "DL109"),
        (LEAST | {"holidays": ["2100-12-31/2101-01-01"]}, "DL109"),
        (LEAST | {"holidays": ["0001-01-01/9999-12-31"]}, "DL109"),
        (LEAST | {"holidays": [*LEAST["holidays"], "2100-10-02"]}, "DL110"),
        (LEAST | {"workdays": ["2100-02-06", "2100-02-06"]}, "DL110"),
        (LEAST | {"workdays": ["2100-10-03"]}, "DL110"),
        (LEAST | {"workdays": ["2100-02-05"]}, "DL111"),
        (LEAST | {"holidays": []}, "DL112"),
        (LEAST | {"holidays": LEAST["holidays"][:2]}, "DL112"),
        (LEAST | {"source": ""}, "DL113"),
        (LEAST | {"source": "x" * 201}, "DL113"),
        (LEAST | {"source": "a\nb"}, "DL113"),
        (LEAST | {"source": 1}, "DL113"),
        (LEAST | {"holidays": ["1 January"]}, "DL114"),
        (LEAST | {"holidays": ["2100-02-29"]}, "DL114"),
        (LEAST | {"holidays": ["2100-01-01/"]}, "DL114"),
        (LEAST | {"holidays": ["2100-01-01/P3D"]}, "DL114"),
        (LEAST | {"holidays": ["2100-01-01/2100-01-02/2100-01-03"]}, "DL114"),
        (LEAST | {"holidays": [1]}, "DL114"),
        (LEAST | {"holidays": ["2100-01-03/2100-01-01"]}, "DL115"),
    ],
)
def test_what_does_not_give_a_whole_year_is_refused_by_its_rule(document: object, code: str) -> None:
    assert refused(document).code == code


def test_the_year_of_a_list_that_is_wrong_is_named_by_its_position() -> None:
    error = refused([of(2100), of(2101) | {"source": ""}])
    assert (error.code, error.params["position"], error.params["why"].code) == ("DL103", 2, "DL113")  # type: ignore[attr-defined]
    again = refused([of(2100), of(2101), of(2100)])
    assert (again.params["position"], again.params["why"].code) == (3, "DL106")  # type: ignore[attr-defined]


def test_every_known_year_has_the_holidays_that_a_file_must_have() -> None:
    known = library()
    for year in sorted(known.known):
        arranged = sorted(day.isoformat() for day in known.holidays if day.year == year)
        worked = sorted(day.isoformat() for day in known.workdays if day.year == year)
        document = {"year": year, "holidays": arranged, "workdays": worked, "source": "chinese-calendar"}
        assert len(read_arrangements(json.dumps(document).encode(), name="a.json")) == 1


def test_a_year_given_keeps_what_the_next_years_notice_arranged() -> None:
    """29 December 2018 was worked and 31 December off by the notice for 2019, whatever a file of 2018 says."""
    known = library()
    of_2018 = Arrangement(
        2018,
        frozenset(day for day in known.holidays if day.year == 2018 and day < date(2018, 12, 25)),
        frozenset(day for day in known.workdays if day.year == 2018 and day < date(2018, 12, 25)),
        "notice of 2017",
    )
    again = known.replaced_by([of_2018])
    assert again.is_workday(date(2018, 12, 29))
    assert not again.is_workday(date(2018, 12, 31))
