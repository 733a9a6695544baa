#!/usr/bin/env python3
"""Compares a transparency report with the Commission's own template files (R-7-01).

The project writes the template's columns and indicators itself; this reads the files of Implementing Regulation (EU)
2024/2835, annex I, and says where the two differ: columns to the letter, indicators in their order. A row that the
template has once for many (a Member State, a language, a text of KEYWORD_OTHER) may stand there as often as it is
needed.

    compare_with_template.py --replay-tool target/release/replay-tool --templates DIR
"""

import argparse
import csv
import itertools
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Our number and name of a part, the template's file, and which columns name a row.
PARTS = [
    ("01-report-identification", "Part_1_summary", [0, 2]),
    ("02-category-names", "Part_2_categories_names", [0, 1, 2]),
    ("03-member-states-orders", "Part_3_member_states_orders", [0, 3]),
    ("04-notices", "Part_4_notices", [0, 3]),
    ("05-own-initiative-illegal", "Part_5_own_initiative_illegal", [0, 3]),
    ("06-own-initiative-terms", "Part_6_own_initiative_TC", [0, 3]),
    ("07-appeals-and-recidivism", "Part_7_appeals_and_recidivism", [0, 3, 4, 5]),
    ("08-automated-means", "Part_8_automated_means", [0, 3, 4, 5]),
    ("09-human-resources", "Part_9_human_resources", [0, 3, 4, 5]),
    ("10-active-recipients", "Part_10_AMAR", [0, 3, 4, 5]),
    ("11-qualitative", "Part_11_qualitative", [0, 3]),
]


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def collapsed(rows):
    """Rows without those that repeat the one before them."""
    return [row for row, _ in itertools.groupby(rows)]


def names(part, rows, columns):
    """What names the rows, in order, with what may be repeated told once."""
    if part.startswith("03"):
        # The template has a block for the total and one for Member States, which lacks a row by mistake.
        rows = [row for row in rows if row[5] == "TOTAL"]
    told = [tuple(row[column].strip() for column in columns) for row in rows]
    if part[:2] in ("08", "09", "10"):
        # A language or a Member State stands for all of them; of these only the indicators are compared, in the order
        # in which they first come.
        place = columns.index(5)
        one_of_many = [name for name in told if len(name[place]) == 2 or "..." in name[place] or "…" in name[place]]
        firsts = dict.fromkeys(name[:place] + name[place + 1:] for name in one_of_many)
        return [name for name in told if name not in set(one_of_many)] + list(firsts)
    return collapsed(told)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("--templates", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    differences = []
    with tempfile.TemporaryDirectory() as directory:
        data, out = pathlib.Path(directory, "data"), pathlib.Path(directory, "report")
        tool = [arguments.replay_tool, "--data", data]
        history = ROOT / "fixtures/histories/olist-mini"
        subprocess.run([*tool, "import", "olist", history], check=True, capture_output=True)
        subprocess.run([*tool, "transparency-report", "--period", "2018-H1", out], check=True, capture_output=True)
        for ours, template, columns in PARTS:
            (header, *rows), (wanted_header, *wanted_rows) = (
                read(out / f"part-{ours}.csv"), read(arguments.templates / f"{template}.csv"))
            if header != wanted_header:
                differences.append(f"{template}: columns {header} are not {wanted_header}")
                continue
            found, wanted = names(ours, rows, columns), names(ours, wanted_rows, columns)
            for number, (row, other) in enumerate(itertools.zip_longest(found, wanted), start=1):
                if row != other:
                    differences.append(f"{template}: row {number} is {row}, not {other}")
                    break
    for difference in differences:
        print(difference)
    print(f"{len(PARTS) - len(differences)} of {len(PARTS)} parts have the template's columns and indicators")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
