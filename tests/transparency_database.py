#!/usr/bin/env python3
"""Checks exported records by the rules of the Commission's Transparency Database, written down here a second time.

The rules are those of the database's documentation and of its validation (schema in force since 1 July 2025): which
fields there are, which are required when, their values, lengths, days and patterns. Nothing is taken from Marktboek's own
code. Besides them: a keyword belongs to its category, no end comes before its beginning, and no text looks like personal
data (DSA art. 24(5)).

    transparency_database.py --marktboek PATH --replay-tool PATH    exports the demo's statements and checks them
    transparency_database.py FILE…                                  checks files that were exported

Exit codes: 0 all records would be taken, 1 one would not, 2 wrong use.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

UNTIL = "2026-11-01T12:00:00Z"
MOST_RECORDS = 100

VISIBILITY = {"DECISION_VISIBILITY_" + name for name in """
    CONTENT_REMOVED CONTENT_DISABLED CONTENT_DEMOTED CONTENT_AGE_RESTRICTED CONTENT_INTERACTION_RESTRICTED
    CONTENT_LABELLED OTHER""".split()}
MONETARY = {"DECISION_MONETARY_" + name for name in "SUSPENSION TERMINATION OTHER".split()}
PROVISION = {"DECISION_PROVISION_" + name for name in """
    PARTIAL_SUSPENSION TOTAL_SUSPENSION PARTIAL_TERMINATION TOTAL_TERMINATION""".split()}
ACCOUNT = {"DECISION_ACCOUNT_" + name for name in "SUSPENDED TERMINATED".split()}
ACCOUNT_TYPE = {"ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"}
ILLEGAL, INCOMPATIBLE = "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
CONTENT_TYPE = {"CONTENT_TYPE_" + name for name in "APP AUDIO IMAGE PRODUCT SYNTHETIC_MEDIA TEXT VIDEO OTHER".split()}
SOURCE = {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
AUTOMATED = {"AUTOMATED_DECISION_" + name for name in "FULLY PARTIALLY NOT_AUTOMATED".split()}
YES_OR_NO = {"Yes", "No"}
COUNTRIES = set("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
KEYWORDS = {"STATEMENT_CATEGORY_" + category: {"KEYWORD_" + keyword for keyword in keywords.split()} for category, keywords in {
    "ANIMAL_WELFARE": "ANIMAL_HARM UNLAWFUL_SALE_ANIMALS OTHER",
    "CONSUMER_INFORMATION": """HIDDEN_ADVERTISEMENT INSUFFICIENT_INFORMATION_ON_TRADERS MISLEADING_INFO_GOODS_SERVICES
        MISLEADING_INFO_CONSUMER_RIGHTS NONCOMPLIANCE_PRICING OTHER""",
    "CYBER_VIOLENCE": """CYBER_BULLYING_INTIMIDATION CYBER_HARASSMENT CYBER_INCITEMENT CYBER_STALKING
        NON_CONSENSUAL_IMAGE_SHARING NON_CONSENSUAL_MATERIAL_DEEPFAKE OTHER""",
    "CYBER_VIOLENCE_AGAINST_WOMEN": """BULLYING_AGAINST_GIRLS CYBER_HARASSMENT_AGAINST_WOMEN CYBER_STALKING_AGAINST_WOMEN
        FEMALE_GENDERED_DISINFORMATION INCITEMENT_AGAINST_WOMEN NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN
        NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN OTHER""",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": """BIOMETRIC_DATA_BREACH DATA_FALSIFICATION MISSING_PROCESSING_GROUND
        RIGHT_TO_BE_FORGOTTEN OTHER""",
    "ILLEGAL_OR_HARMFUL_SPEECH": "DEFAMATION DISCRIMINATION HATE_SPEECH OTHER",
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": """COPYRIGHT_INFRINGEMENT DESIGN_INFRINGEMENT
        GEOGRAPHIC_INDICATIONS_INFRINGEMENT PATENT_INFRINGEMENT TRADE_SECRET_INFRINGEMENT TRADEMARK_INFRINGEMENT OTHER""",
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": """MISINFORMATION_DISINFORMATION VIOLATION_EU_LAW
        VIOLATION_NATIONAL_LAW OTHER""",
    "NOT_SPECIFIED_NOTICE": "",
    "OTHER_VIOLATION_TC": """ADULT_SEXUAL_MATERIAL AGE_SPECIFIC_RESTRICTIONS GEOGRAPHICAL_REQUIREMENTS
        GOODS_SERVICES_NOT_PERMITTED LANGUAGE_REQUIREMENTS NUDITY OTHER""",
    "PROTECTION_OF_MINORS": """AGE_SPECIFIC_RESTRICTIONS_MINORS CHILD_SEXUAL_ABUSE_MATERIAL
        CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE GROOMING_SEXUAL_ENTICEMENT_MINORS UNSAFE_CHALLENGES OTHER""",
    "RISK_FOR_PUBLIC_SECURITY": """ILLEGAL_ORGANIZATIONS RISK_ENVIRONMENTAL_DAMAGE RISK_PUBLIC_HEALTH TERRORIST_CONTENT
        OTHER""",
    "SCAMS_AND_FRAUD": """IMPERSONATION_ACCOUNT_HIJACKING INAUTHENTIC_ACCOUNTS INAUTHENTIC_LISTINGS
        INAUTHENTIC_USER_REVIEWS PHISHING PYRAMID_SCHEMES OTHER""",
    "SELF_HARM": "CONTENT_PROMOTING_EATING_DISORDERS SELF_MUTILATION SUICIDE OTHER",
    "UNSAFE_AND_PROHIBITED_PRODUCTS": "PROHIBITED_PRODUCTS UNSAFE_PRODUCTS OTHER",
    "VIOLENCE": """COORDINATED_HARM INCITEMENT_VIOLENCE_HATRED HUMAN_EXPLOITATION HUMAN_TRAFFICKING
        TRAFFICKING_WOMEN_GIRLS OTHER""",
}.items()}

# Texts, with the longest that each may be, in characters.
TEXTS = {
    "decision_visibility_other": 500, "decision_monetary_other": 500, "decision_ground_reference_url": 500,
    "illegal_content_legal_ground": 500, "illegal_content_explanation": 2000, "incompatible_content_ground": 500,
    "incompatible_content_explanation": 2000, "category_specification_other": 500, "content_type_other": 500,
    "decision_facts": 5000, "source_identity": 500, "puid": 500,
}
ONE_OF = {
    "decision_monetary": MONETARY, "decision_provision": PROVISION, "decision_account": ACCOUNT,
    "account_type": ACCOUNT_TYPE, "decision_ground": {ILLEGAL, INCOMPATIBLE}, "incompatible_content_illegal": YES_OR_NO,
    "category": set(KEYWORDS), "source_type": SOURCE, "automated_detection": YES_OR_NO, "automated_decision": AUTOMATED,
}
SOME_OF = {
    "decision_visibility": VISIBILITY, "category_addition": set(KEYWORDS),
    "category_specification": set().union(*KEYWORDS.values()) | {"KEYWORD_STALKING"}, "content_type": CONTENT_TYPE,
    "territorial_scope": COUNTRIES,
}
# Days, with the first that each may be; none may be after the last.
DAYS = {
    "content_date": "2000-01-01", "application_date": "2020-01-01",
    **{f"end_date_{kind}_restriction": "2020-01-01" for kind in ("visibility", "monetary", "service", "account")},
}
LAST_DAY = "2038-01-01"
REQUIRED = ["decision_ground", "category", "content_type", "content_date", "territorial_scope", "application_date",
            "decision_facts", "source_type", "automated_detection", "automated_decision", "puid"]
# A field, and when it must be there; otherwise the database drops it, so that it should not be there.
ONLY_IF = {
    "decision_visibility_other": lambda r: "DECISION_VISIBILITY_OTHER" in r.get("decision_visibility", []),
    "decision_monetary_other": lambda r: r.get("decision_monetary") == "DECISION_MONETARY_OTHER",
    "illegal_content_legal_ground": lambda r: r.get("decision_ground") == ILLEGAL,
    "illegal_content_explanation": lambda r: r.get("decision_ground") == ILLEGAL,
    "incompatible_content_ground": lambda r: r.get("decision_ground") == INCOMPATIBLE,
    "incompatible_content_explanation": lambda r: r.get("decision_ground") == INCOMPATIBLE,
    "category_specification_other": lambda r: "KEYWORD_OTHER" in r.get("category_specification", []),
    "content_type_other": lambda r: "CONTENT_TYPE_OTHER" in r.get("content_type", []),
}
# A field that may be there only then.
NOT_UNLESS = {
    "incompatible_content_illegal": lambda r: r.get("decision_ground") == INCOMPATIBLE,
    "source_identity": lambda r: r.get("source_type") != "SOURCE_VOLUNTARY",
    "end_date_visibility_restriction": lambda r: "decision_visibility" in r,
    "end_date_monetary_restriction": lambda r: "decision_monetary" in r,
    "end_date_service_restriction": lambda r: "decision_provision" in r,
    "end_date_account_restriction": lambda r: "decision_account" in r,
}
FIELDS = {*TEXTS, *ONE_OF, *SOME_OF, *DAYS, "content_language", "content_id"}
PERSONAL = {
    "an e-mail address": re.compile(r"\S@\w"),
    "a telephone or account number": re.compile(r"\+?(?:\d[ ().-]?){9,}"),
    "an id": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I),
}


def is_day(value):
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def broken(record):
    """What the database would say against a record."""
    for field in sorted(set(record) - FIELDS):
        yield f"{field} is no field"
    for field in REQUIRED:
        if not record.get(field):
            yield f"{field} is required"
    if not any(record.get(f"decision_{kind}") for kind in ("visibility", "monetary", "provision", "account")):
        yield "one of decision_visibility, _monetary, _provision, _account is required"
    for field, needed in ONLY_IF.items():
        if needed(record) != (field in record):
            yield f"{field} {'is required' if needed(record) else 'would be dropped'} here"
    for field, allowed in NOT_UNLESS.items():
        if field in record and not allowed(record):
            yield f"{field} would be dropped here"
    for field, longest in TEXTS.items():
        value = record.get(field)
        if field not in record:
            continue
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            yield f"{field} is not a text of 1 to {longest} characters"
        elif field != "puid":
            yield from (f"{field} has {what}" for what, pattern in PERSONAL.items() if pattern.search(value))
    for field, values in ONE_OF.items():
        if field in record and record[field] not in values:
            yield f"{field} can't be {record[field]!r}"
    for field, values in SOME_OF.items():
        value = record.get(field, [])
        if not isinstance(value, list) or not set(value) <= values or len(set(value)) != len(value):
            yield f"{field} can't be {value!r}"
    for field, first in DAYS.items():
        if field in record and not (is_day(record[field]) and first <= record[field] <= LAST_DAY):
            yield f"{field} is not a day from {first} to {LAST_DAY}: {record[field]!r}"
        elif field.startswith("end_") and record.get(field, LAST_DAY) < record.get("application_date", ""):
            yield f"{field} is before application_date"
    if not re.fullmatch(r"[a-zA-Z0-9-_]+", str(record.get("puid", ""))):
        yield "puid has other letters than a-z, A-Z, 0-9, - and _"
    if "content_language" in record and not re.fullmatch(r"[A-Z]{2}", str(record["content_language"])):
        yield "content_language is not two capital letters"
    if "content_id" in record:
        content_id = record["content_id"]
        if set(content_id) != {"EAN-13"} or not re.fullmatch(r"[0-9]{13}", str(content_id["EAN-13"])):
            yield f"content_id can't be {content_id!r}"
    if record.get("category") in record.get("category_addition", []):
        yield "category_addition repeats category"
    categories = [record.get("category"), *record.get("category_addition", [])]
    known = set().union(*(KEYWORDS.get(category, set()) for category in categories))
    for keyword in set(record.get("category_specification", [])) - known:
        yield f"{keyword} belongs to none of the record's categories"


def self_check():
    """A record that would be taken, and what is found when any of it is spoilt: a check that finds nothing is none."""
    good = {
        "decision_visibility": ["DECISION_VISIBILITY_OTHER"], "decision_visibility_other": "Not published",
        "decision_ground": INCOMPATIBLE, "incompatible_content_ground": "Review rules",
        "incompatible_content_explanation": "A photo shows a person.", "incompatible_content_illegal": "No",
        "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "category_specification": ["KEYWORD_MISSING_PROCESSING_GROUND"], "content_type": ["CONTENT_TYPE_IMAGE"],
        "content_language": "NL", "content_date": "2026-11-20", "application_date": "2026-11-24",
        "territorial_scope": ["NL"], "account_type": "ACCOUNT_TYPE_PRIVATE", "decision_facts": "A face on a photo.",
        "source_type": "SOURCE_VOLUNTARY", "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED", "puid": "sor-1",
    }
    assert not list(broken(good)), list(broken(good))
    spoilt = [{field: None} for field in [*REQUIRED, "decision_visibility", "decision_visibility_other",
                                          "incompatible_content_ground", "incompatible_content_explanation"]]
    spoilt += [
        {"decision_facts": "é" * 5001}, {"decision_facts": " "}, {"decision_facts": "ask jan@example.eu"},
        {"decision_facts": "call 06 1234 5678"}, {"incompatible_content_ground": "é" * 501},
        {"incompatible_content_explanation": "é" * 2001}, {"illegal_content_legal_ground": "law"},
        {"decision_ground": ILLEGAL}, {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"},
        {"category_specification": ["KEYWORD_PHISHING"]}, {"category_specification": ["KEYWORD_OTHER"]},
        {"category_addition": ["STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS"]},
        {"content_type": []}, {"content_type": ["CONTENT_TYPE_OTHER"]}, {"content_type_other": "Account"},
        {"content_language": "nl"}, {"content_date": "1999-12-31"}, {"content_date": "2026-02-29"},
        {"application_date": "2019-12-31"}, {"application_date": "2038-01-02"}, {"territorial_scope": ["EL"]},
        {"end_date_account_restriction": "2026-12-24"}, {"end_date_visibility_restriction": "2026-11-23"},
        {"content_id": {"EAN-13": "123"}}, {"source_identity": "somebody"}, {"automated_detection": False},
        {"puid": "sor 1"}, {"puid": "a" * 501}, {"unknown": "field"},
    ]
    for change in spoilt:
        record = {field: value for field, value in {**good, **change}.items() if value is not None}
        assert list(broken(record)), f"nothing is found against {change}"
    return len(spoilt)


def check(paths):
    """How many records there are and what is wrong with them."""
    puids, wrong = set(), []
    for path in sorted(paths):
        body = json.loads(path.read_text())
        records = body.get("statements", []) if set(body) == {"statements"} else []
        if not 1 <= len(records) <= MOST_RECORDS:
            wrong.append(f"{path.name}: not 1 to {MOST_RECORDS} statements and nothing else")
        for number, record in enumerate(records):
            wrong += [f"{path.name}, statement_{number}: {what}" for what in broken(record)]
            if record.get("puid") in puids:
                wrong.append(f"{path.name}, statement_{number}: puid {record['puid']} is not unique")
            puids.add(record.get("puid"))
    return len(puids), wrong


def export_demo(marktboek, replay_tool, directory):
    """Lets the demo generate its marketplace, stops it, and exports its statements."""
    data, out = str(pathlib.Path(directory) / "data"), pathlib.Path(directory) / "out"
    command = [marktboek, "demo", "--until", UNTIL, "--data", data, "--listen", "127.0.0.1:0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in demo.stdout:
        if re.match(r"\s*operator\s", line):
            break
    export = [replay_tool, "export-statements", str(out), "--data", data]
    done = subprocess.run(export, stdout=subprocess.PIPE, text=True)
    demo.send_signal(signal.SIGTERM)
    if demo.wait(timeout=30) != 0:
        sys.exit("the demo did not stop well")
    print(done.stdout, end="")
    if done.returncode != 0:
        sys.exit(f"the export ended with {done.returncode}, not 0")
    return list(out.iterdir())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek")
    parser.add_argument("--replay-tool")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if bool(options.files) == bool(options.marktboek and options.replay_tool):
        parser.error("name either files, or both programs")
    print(f"{self_check()} spoilt records are found out")
    with tempfile.TemporaryDirectory() as directory:
        files = options.files or export_demo(
            os.path.abspath(options.marktboek), os.path.abspath(options.replay_tool), directory)
        count, wrong = check(files)
    if wrong or not count:
        sys.exit("\n".join(wrong) or "no record was exported: nothing was checked")
    print(f"{count} records would be taken by the Transparency Database")


if __name__ == "__main__":
    main()
