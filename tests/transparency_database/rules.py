"""The rules of the Commission's Transparency Database for a record, as a table: the schema in force since 1 July 2025.

They are those of the database's documentation and of its validation: which fields there are, which are required when, their
values, lengths, days and patterns. Nothing is taken from Marktboek's own code. Some rules are the platform's: what the
database takes and drops, what its documentation asks for and it does not check, and that no text looks like personal data
(DSA art. 24(5)).

Each rule has a name, `field: what`, and changes to a good record that break it: a check that finds nothing is none. The names
are in `rules.txt` too, which the test in projections/tests/transparency_database_rules.rs reads: it says of each how a record
of Marktboek's keeps it.
"""

import datetime
import pathlib
import re
from typing import Callable, NamedTuple

MOST_RECORDS = 100
NAMES = pathlib.Path(__file__).parent / "rules.txt"

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
KEYWORD = set().union(*KEYWORDS.values()) | {"KEYWORD_STALKING"}
LANGUAGES = set("""
    AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL EN EO ES ET EU
    FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU JA JV KA KG KI KJ KK KL KM
    KN KO KR KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG NL NN NO NR NV NY OC OJ OM
    OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR
    TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU""".split())
LAST_DAY = "2038-01-01"
PERSONAL = {
    "an e-mail address": re.compile(r"\S@\w"),
    "a telephone or account number": re.compile(r"\+?(?:\d[ ().-]?){9,}"),
    "an id": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I),
}

# A record that is taken.
GOOD = {
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


class Rule(NamedTuple):
    """A rule, whose it is, whether a record breaks it, and changes to the good record that do; None takes a field out."""

    field: str
    what: str
    of_the_database: bool
    broken: Callable[[dict], bool]
    spoilt: list

    @property
    def name(self):
        return f"{self.field}: {self.what}"


def changed(changes):
    """The good record, changed."""
    return {field: value for field, value in {**GOOD, **changes}.items() if value is not None}


def blank(value):
    """What the database takes for nothing: it trims texts, and an empty one is none."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def is_day(value):
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def required(field, when=None, condition="", spoilt=None):
    needed = when or (lambda record: True)
    return Rule(field, f"required{condition}", True, lambda record: needed(record) and blank(record.get(field)),
                spoilt or [{field: None}, {field: [] if isinstance(GOOD.get(field), list) else " "}])


def dropped(field, unless, condition, spoilt):
    return Rule(field, f"dropped {condition}", False, lambda record: field in record and not unless(record), spoilt)


def one_of(field, values, *spoilt):
    return Rule(field, "one of its values", True,
                lambda record: not blank(record.get(field)) and not (isinstance(record[field], str) and record[field] in values),
                [{field: value} for value in (*spoilt, [sorted(values)[0]], "nothing of the kind")])


def some_of(field, values, *spoilt):
    def broken(record):
        value = record.get(field)
        return value is not None and not (isinstance(value, list) and all(isinstance(one, str) and one in values for one in value))

    return Rule(field, "an array of its values", True, broken,
                [{field: value} for value in (*spoilt, sorted(values)[0], ["nothing of the kind"], [None])])


def text(field, longest, also=()):
    rules = [Rule(field, f"at most {longest} characters", True,
                  lambda record: field in record and not (isinstance(record[field], str) and len(record[field]) <= longest),
                  [{**dict(also), field: "é" * (longest + 1)}, {**dict(also), field: 7}])]
    if field != "puid":
        found = lambda record: isinstance(record.get(field), str) and any(p.search(record[field]) for p in PERSONAL.values())
        texts = ("ask jan@example.eu", "call 06 1234 5678", "paid to NL91 ABNA 0417 1643 00",
                 "order 018f3c5e-7b1a-7c3d-9e2f-0123456789ab")
        rules.append(Rule(field, "no personal data", False, found, [{**dict(also), field: one} for one in texts]))
    return rules


def day(field, first, also=()):
    value = lambda record: record.get(field)
    with_also = lambda text: {**dict(also), field: text}
    return [
        Rule(field, "a day, YYYY-MM-DD", True, lambda record: not blank(value(record)) and not is_day(value(record)),
             [with_also(text) for text in ("2026-02-29", "24-11-2026", "2026-11-24T10:00:00Z", "20261124")]),
        Rule(field, f"from {first}", True, lambda record: is_day(value(record)) and value(record) < first,
             [with_also(str(datetime.date.fromisoformat(first) - datetime.timedelta(days=1)))]),
        Rule(field, f"to {LAST_DAY}", True, lambda record: is_day(value(record)) and value(record) > LAST_DAY,
             [with_also("2038-01-02")]),
    ]


def end(kind, decision, value):
    """An end of a restriction; the database asks for no first day."""
    field = f"end_date_{kind}_restriction"
    also = {decision: value, **({"decision_visibility": None, "decision_visibility_other": None}
                                if decision != "decision_visibility" else {})}
    bounds = [rule for rule in day(field, "2020-01-01", also) if not rule.what.startswith("from")]
    return [
        *bounds,
        Rule(field, "not before application_date", False,
             lambda record: is_day(record.get(field)) and record[field] < record.get("application_date", ""),
             [{**also, field: "2026-11-23"}]),
        dropped(field, lambda record: decision in record, f"without {decision}",
                [{field: "2026-12-24", **({"decision_visibility": None, "decision_visibility_other": None,
                                           "decision_account": "DECISION_ACCOUNT_TERMINATED"}
                                          if decision == "decision_visibility" else {})}]),
    ]


def has(field, value):
    def holds(record):
        found = record.get(field)
        return value in found if isinstance(found, list) else found == value

    return holds


DECISIONS = [f"decision_{kind}" for kind in ("visibility", "monetary", "provision", "account")]
ILLEGAL_ONE = {"decision_ground": ILLEGAL, "illegal_content_legal_ground": "law", "illegal_content_explanation": "why",
               "incompatible_content_ground": None, "incompatible_content_explanation": None,
               "incompatible_content_illegal": None}
MONETARY_ONE = {"decision_monetary": "DECISION_MONETARY_OTHER", "decision_monetary_other": "A fee"}
OTHER_KEYWORD = {"category_specification": ["KEYWORD_OTHER"]}
OTHER_CONTENT = {"content_type": ["CONTENT_TYPE_OTHER"]}


def of_ground(field, ground, value, longest):
    """A text that one of the two grounds has and the other has not."""
    holds = has("decision_ground", ground)
    one = ILLEGAL_ONE if ground == ILLEGAL else {}
    other = {} if ground == ILLEGAL else ILLEGAL_ONE
    return [
        required(field, holds, f" with {ground}", [{**one, field: None}, {**one, field: " "}]),
        dropped(field, holds, f"unless {ground}", [{**other, field: value}]),
        *text(field, longest, one),
    ]


def in_words(field, of, value, also, otherwise):
    """What a value that says OTHER is, in words."""
    holds = has(of, value)
    return [
        required(field, holds, f" with {value}", [{**also, field: None}, {**also, field: " "}]),
        dropped(field, holds, f"unless {value}", [{of: otherwise, field: "words"}]),
        *text(field, 500, also),
    ]


def known_keywords(record):
    categories = [record.get("category"), *(record.get("category_addition") or [])]
    return set().union(*(KEYWORDS.get(category, set()) for category in categories if isinstance(category, str)))


def is_content_id(value):
    return (isinstance(value, dict) and set(value) <= {"EAN-13"}
            and all(isinstance(ean, str) and re.fullmatch("[0-9]{13}", ean) for ean in value.values()))


RULES = [
    Rule("decision_visibility", "required without decision_monetary, decision_provision and decision_account", True,
         lambda record: all(blank(record.get(field)) for field in DECISIONS),
         [{"decision_visibility": None, "decision_visibility_other": None}, {"decision_visibility": [],
                                                                             "decision_visibility_other": None}]),
    some_of("decision_visibility", VISIBILITY, ["DECISION_VISIBILITY_REMOVED"]),
    *in_words("decision_visibility_other", "decision_visibility", "DECISION_VISIBILITY_OTHER", {},
              ["DECISION_VISIBILITY_CONTENT_REMOVED"]),
    one_of("decision_monetary", MONETARY),
    *in_words("decision_monetary_other", "decision_monetary", "DECISION_MONETARY_OTHER", MONETARY_ONE,
              "DECISION_MONETARY_SUSPENSION"),
    one_of("decision_provision", PROVISION),
    one_of("decision_account", ACCOUNT, "DECISION_ACCOUNT_BLOCKED"),
    one_of("account_type", ACCOUNT_TYPE, "BUSINESS"),
    required("decision_ground"),
    one_of("decision_ground", {ILLEGAL, INCOMPATIBLE}, "DECISION_GROUND_OTHER"),
    Rule("decision_ground_reference_url", "a URL", True,
         lambda record: not blank(record.get("decision_ground_reference_url"))
         and not re.fullmatch(r"https?://[^\s/]+\S*", str(record["decision_ground_reference_url"])),
         [{"decision_ground_reference_url": value} for value in ("see there", "market.example/rules")]),
    *text("decision_ground_reference_url", 500)[:1],
    *of_ground("illegal_content_legal_ground", ILLEGAL, "law", 500),
    *of_ground("illegal_content_explanation", ILLEGAL, "why", 2000),
    *of_ground("incompatible_content_ground", INCOMPATIBLE, "rules", 500),
    *of_ground("incompatible_content_explanation", INCOMPATIBLE, "why", 2000),
    one_of("incompatible_content_illegal", YES_OR_NO, True),
    dropped("incompatible_content_illegal", has("decision_ground", INCOMPATIBLE), f"unless {INCOMPATIBLE}",
            [{**ILLEGAL_ONE, "incompatible_content_illegal": "Yes"}]),
    required("category"),
    one_of("category", set(KEYWORDS), "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER", "STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"),
    some_of("category_addition", set(KEYWORDS)),
    Rule("category_addition", "without category itself", False,
         lambda record: record.get("category") in (record.get("category_addition") or []),
         [{"category_addition": [GOOD["category"]]}]),
    some_of("category_specification", KEYWORD, ["KEYWORD_DANGEROUS_TOYS"]),
    Rule("category_specification", "of a category of the record", False,
         lambda record: bool(set(map(str, record.get("category_specification") or [])) - known_keywords(record)),
         [{"category_specification": ["KEYWORD_PHISHING"]}, {"category_specification": ["KEYWORD_STALKING"]},
          {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"}]),
    dropped("category_specification_other", has("category_specification", "KEYWORD_OTHER"), "unless KEYWORD_OTHER",
            [{"category_specification_other": "words"}]),
    Rule("category_specification_other", "said with KEYWORD_OTHER", False,
         lambda record: has("category_specification", "KEYWORD_OTHER")(record) and blank(record.get("category_specification_other")),
         [OTHER_KEYWORD, {**OTHER_KEYWORD, "category_specification_other": " "}]),
    *text("category_specification_other", 500, OTHER_KEYWORD),
    required("content_type"),
    some_of("content_type", CONTENT_TYPE, ["CONTENT_TYPE_PHOTO"]),
    *in_words("content_type_other", "content_type", "CONTENT_TYPE_OTHER", OTHER_CONTENT, ["CONTENT_TYPE_TEXT"]),
    one_of("content_language", LANGUAGES, "nl", "GR", "NLD"),
    required("content_date"),
    *day("content_date", "2000-01-01"),
    Rule("content_id", "only EAN-13, of thirteen digits", True,
         lambda record: record.get("content_id") is not None and not is_content_id(record["content_id"]),
         [{"content_id": value} for value in ({"EAN-13": "123"}, {"EAN-13": 4006381333931}, {"EAN-8": "40063812"}, "4006381333931")]),
    some_of("territorial_scope", COUNTRIES, ["EL"], ["UK"]),
    Rule("territorial_scope", "said, as the documentation asks", False, lambda record: blank(record.get("territorial_scope")),
         [{"territorial_scope": None}, {"territorial_scope": []}]),
    required("application_date"),
    *day("application_date", "2020-01-01"),
    *end("visibility", "decision_visibility", ["DECISION_VISIBILITY_CONTENT_REMOVED"]),
    *end("monetary", "decision_monetary", "DECISION_MONETARY_SUSPENSION"),
    *end("service", "decision_provision", "DECISION_PROVISION_TOTAL_SUSPENSION"),
    *end("account", "decision_account", "DECISION_ACCOUNT_SUSPENDED"),
    required("decision_facts"),
    *text("decision_facts", 5000),
    required("source_type"),
    one_of("source_type", SOURCE),
    dropped("source_identity", lambda record: record.get("source_type") != "SOURCE_VOLUNTARY", "with SOURCE_VOLUNTARY",
            [{"source_identity": "a rights holder"}]),
    *text("source_identity", 500, {"source_type": "SOURCE_ARTICLE_16"}),
    required("automated_detection"),
    one_of("automated_detection", YES_OR_NO, False),
    required("automated_decision"),
    one_of("automated_decision", AUTOMATED, "Yes"),
    required("puid"),
    *text("puid", 500),
    Rule("puid", "letters, digits, - and _", True,
         lambda record: not blank(record.get("puid")) and not re.fullmatch("[a-zA-Z0-9-_]+", str(record["puid"])),
         [{"puid": value} for value in ("sor 1", "sor/1", "sør-1", "sor-1\n")]),
]
FIELDS = {rule.field for rule in RULES}
RULES.append(Rule("anything else", "is no field", False, lambda record: bool(set(record) - FIELDS),
                  [{"content_language_other": "Frisian"}, {"content_id_ean": "4006381333931"}]))


def broken(record):
    """The rules that a record breaks."""
    return [rule for rule in RULES if rule.broken(record)]


def self_check():
    """The good record breaks no rule, each rule is broken by what is to break it, and the names are those of the list."""
    assert not broken(GOOD), [rule.name for rule in broken(GOOD)]
    spoilt = 0
    for rule in RULES:
        assert rule.spoilt, rule.name
        for changes in rule.spoilt:
            assert rule.broken(changed(changes)), f"{rule.name}: nothing is found against {changes}"
            spoilt += 1
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names), "a rule has the name of another"
    assert NAMES.read_text().split("\n")[:-1] == names, f"{NAMES.name} has other names; write them anew: rules.py --names"
    return spoilt


if __name__ == "__main__":
    NAMES.write_text("".join(f"{rule.name}\n" for rule in RULES))
