"""The report's words by name: which message of the catalogue says what."""

from typing import Final

from attest.verdict import Outcome, State

OUTCOMES: Final = {
    Outcome.MATCH: ("RP001", "RP004"),
    Outcome.MISMATCH: ("RP002", "RP005"),
    Outcome.UNDECIDED: ("RP003", "RP006"),
}
"""The word and the sentence of a verdict."""

STATES: Final = {
    State.PASS: "RP020",
    State.FAIL: "RP021",
    State.UNDECIDED: "RP022",
    State.NOT_APPLICABLE: "RP023",
}

CHECKS: Final = {
    "displayed": "CL090",
    "well_formed": "CL091",
    "registered": "CL092",
    "status": "CL093",
    "record_intact": "CL094",
    "domain": "CL095",
    "prominence": "CL096",
    "subject": "CL097",
    "link": "CL098",
    "qr": "CL099",
    "second_look": "CL190",
    "published": "CL191",
}

NEXT: Final = {
    ("displayed", State.FAIL): "RP150",
    ("displayed", State.UNDECIDED): "RP151",
    ("well_formed", State.FAIL): "RP152",
    ("registered", State.FAIL): "RP153",
    ("registered", State.UNDECIDED): "RP154",
    ("status", State.FAIL): "RP155",
    ("record_intact", State.FAIL): "RP156",
    ("record_intact", State.UNDECIDED): "RP156",
    ("domain", State.FAIL): "RP157",
    ("domain", State.UNDECIDED): "RP158",
    ("prominence", State.FAIL): "RP159",
    ("prominence", State.UNDECIDED): "RP160",
    ("link", State.FAIL): "RP161",
    ("qr", State.FAIL): "RP162",
}
"""What can be done about a check in a state, where the check has no hint of its own."""

NOTHING_TO_DO: Final = "RP163"

WINDOWS: Final = {"desktop": "RP070", "phone": "RP071", "dark": "RP072"}

KINDS: Final = {
    "algorithm": "RP170",
    "genai": "RP171",
    "psb": "RP172",
    "icp-licence": "RP173",
    "icp": "RP174",
    "telecom": "RP175",
    "culture": "RP176",
    "publishing": "RP177",
    "audiovisual": "RP178",
    "drug-info": "RP179",
    "financial": "RP180",
    "other": "RP181",
}
"""Of `attest.credentials.KINDS`."""

ROBOTS: Final = {"allowed": "RP093", "disallowed": "RP094", "none": "RP095", "ignored": "RP096"}

LIMITS: Final = ("RP130", "RP131", "RP132", "RP133", "RP134", "RP135")
"""What no report proves."""

LABELS: Final = {
    "title": "RP030",
    "checks": "RP031",
    "required": "RP032",
    "advisory": "RP033",
    "display": "RP034",
    "others": "RP035",
    "reached": "RP036",
    "rests_on": "RP037",
    "limits": "RP038",
    "next": "RP039",
    "url": "RP040",
    "final_url": "RP041",
    "time": "RP042",
    "number": "RP043",
    "no_number": "RP044",
    "why": "RP045",
    "check": "RP046",
    "result": "RP047",
    "finding": "RP048",
    "text": "RP049",
    "expected": "RP050",
    "found": "RP051",
    "where": "RP052",
    "level": "RP053",
    "measure": "RP060",
    "measured": "RP061",
    "prominent": "RP062",
    "displayed": "RP063",
    "level_reached": "RP064",
    "sources": "RP065",
    "not_rendered": "RP068",
    "law": "RP069",
    "no_picture": "RP074",
    "other_numbers": "RP080",
    "neutral": "RP081",
    "malformed": "RP082",
    "hidden": "RP083",
    "credentials": "RP084",
    "unchecked": "RP085",
    "no_others": "RP086",
    "unread": "RP088",
    "redirect": "RP090",
    "status": "RP091",
    "robots": "RP092",
    "tls": "RP097",
    "tls_names": "RP098",
    "tls_issuer": "RP099",
    "tls_valid": "RP100",
    "tls_sha256": "RP102",
    "problem": "RP103",
    "looked_at": "RP104",
    "screenshot": "RP107",
    "well_known": "RP105",
    "browser": "RP106",
    "registry": "RP110",
    "operator": "RP111",
    "kind": "RP112",
    "chain": "RP113",
    "contract": "RP115",
    "block": "RP116",
    "finality": "RP117",
    "nodes": "RP118",
    "sha256": "RP119",
    "rules": "RP120",
    "program": "RP123",
    "no_basis": "RP124",
    "local": "CL021",
}
"""What the template calls its fixed texts."""

UNITS: Final = {"share": "{:.0%}", ":1": "{:.2f} : 1", "px": "{:.1f} px", "dialogs": "{:.0f}", "°": "{:.0f}°"}
"""How a value is written in the unit of its rule."""
