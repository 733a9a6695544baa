#!/usr/bin/env python3
"""Opens the transparency report's workbook in LibreOffice and compares each cell with the report's CSV files (R-7-01).

LibreOffice reads `report.xlsx` without a desktop and writes each sheet as CSV, with quotes around what it took for text and none
around numbers. Sheets must be the template's, in its order; cells the same; a number there must be one here. Its page,
`qualitative.html`, it opens too, and must find each of its texts. The report is of the old book in
fixtures/books/2026-11, and of the books in these data directories.

    opens_in_libreoffice.py --replay-tool PATH [DATA...]

Where there is no LibreOffice it installs Calc without a desktop (`apt-get`, as root; about 90 MB). What can't be installed or
opened is a failure. Exit codes: 0 same, 1 different, 2 wrong use.
"""

import argparse
import csv
import decimal
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from collections import Counter

from recount import unpacked

BOOK = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures/books/2026-11"
# Six months in which both books have something.
PERIOD = "2025-11"
SHEETS = {
    "1_report_identification": "01-report-identification",
    "2_categories_names": "02-category-names",
    "3_member_states_orders": "03-member-states-orders",
    "4_notices": "04-notices",
    "5_own_initiative_illegal": "05-own-initiative-illegal",
    "6_own_initiative_TC": "06-own-initiative-terms",
    "7_appeals_and_recidivism": "07-appeals-and-recidivism",
    "8_automated_means": "08-automated-means",
    "9_human_resources": "09-human-resources",
    "10_AMAR": "10-active-recipients",
    "10_AMAR_voluntary": "10-active-recipients-voluntary",
    "11_qualitative": "11-qualitative",
}
NUMBER = re.compile(r"-?\d+(\.\d\d)?")
# CSV with commas, quotes around texts and none around numbers, in UTF-8, cells as they are shown, every sheet.
EVERY_SHEET = ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"]
# Calc's own way to read a page, so that Writer is not needed.
PAGE = ["--infilter=calc_HTML_WebQuery", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
# It takes seconds; what takes longer hangs.
MOST_SECONDS = 120
CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)')


def installed():
    """LibreOffice's program; installed where there is none."""
    if not shutil.which("soffice"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "libreoffice-calc-nogui"]
        subprocess.run(["env", "DEBIAN_FRONTEND=noninteractive", *install], check=True, stdout=subprocess.DEVNULL)
    program = shutil.which("soffice")
    if not program:
        sys.exit("LibreOffice was installed, and there is no soffice: the workbook was NOT opened")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    print(version)
    return program


def converted(program, file, directory, *options):
    """The files that LibreOffice makes of one, by the sheet's name, in its order."""
    command = [program, "--headless", f"-env:UserInstallation={(directory / 'profile').as_uri()}", *options]
    done = subprocess.run([*command, "--outdir", directory, file], capture_output=True, text=True, timeout=MOST_SECONDS)
    made = re.findall(r"^(?:Writing sheet|convert) (.+) -> (\S+\.csv)(?: using .*)?$", done.stdout, re.M)
    if done.returncode != 0 or not made:
        sys.exit(f"LibreOffice does not open {file.name}: {done.stdout}{done.stderr}")
    return {sheet: pathlib.Path(path) for sheet, path in made}


def cells(text):
    """Rows of cells, each with whether it was quoted."""
    rows, row, at = [], [], 0
    while at < len(text):
        match = CELL.match(text, at)
        quoted = match[1] is not None
        row.append((match[1].replace('""', '"') if quoted else match[2], quoted))
        at = match.end()
        if match[3] != ",":
            rows.append(row)
            row = []
    return rows


def compare(ours, theirs, sheet):
    """What differs between our cells and LibreOffice's."""
    differences = []
    if len(ours) != len(theirs):
        differences.append(f"{sheet}: {len(theirs)} rows, not {len(ours)}")
    for number, (row, found) in enumerate(zip(ours, theirs), start=1):
        # A number is one there, to the last digit; nothing is nothing.
        wanted = [decimal.Decimal(cell) if NUMBER.fullmatch(cell) else cell for cell in row]
        found = [cell if quoted or not cell else decimal.Decimal(cell) for cell, quoted in found]
        if found != wanted:
            at = next((at for at, pair in enumerate(zip(wanted, found)) if pair[0] != pair[1]), min(len(wanted), len(found)))
            differences.append(f"{sheet}: row {number}, cell {at + 1}: {found[at:at + 1]} is not {wanted[at:at + 1]}")
    return differences


def page(program, out, directory):
    """What of the page's text LibreOffice does not find; how many texts there are."""
    [made] = converted(program, out / "qualitative.html", directory, *PAGE).values()
    found = " ".join(" ".join(row) for row in csv.reader(made.read_text(encoding="utf-8").splitlines()))
    # The page is well-formed but for what HTML leaves open.
    text = re.sub(r"<(meta[^>]*)>", r"<\1/>", (out / "qualitative.html").read_text(encoding="utf-8"))
    body = xml.etree.ElementTree.fromstring(text.partition("\n")[2]).find("body")
    words = lambda text: " ".join(text.split())
    elements = [element for element in body.iter() if element.tag in ("h1", "h2", "p", "dt", "dd", "li", "caption", "th", "td")]
    texts = [words("".join(element.itertext())) for element in elements]
    return [f"qualitative.html: {text!r} is not found" for text in texts if text not in words(found)], len(texts)


def opened(program, replay_tool, book, directory):
    """What LibreOffice has otherwise than the report of a book, and how much was compared."""
    data, out, sheets, pages = (directory / name for name in ("data", "out", "sheets", "pages"))
    if book == BOOK:
        unpacked(book, data)
    report = [replay_tool, "transparency-report", "--period", PERIOD, "--data", data if book == BOOK else book, out]
    subprocess.run(report, check=True, stdout=subprocess.DEVNULL)
    for made in (sheets, pages):
        made.mkdir()
    found, counted = converted(program, out / "report.xlsx", sheets, *EVERY_SHEET), Counter()
    differences = [] if list(found) == list(SHEETS) else [f"the sheets are {list(found)}, not {list(SHEETS)}"]
    for sheet in [sheet for sheet in SHEETS if sheet in found]:
        with open(out / f"part-{SHEETS[sheet]}.csv", encoding="utf-8", newline="") as file:
            ours = list(csv.reader(file))
        differences += compare(ours, cells(found[sheet].read_bytes().decode()), sheet)
        said = [cell for row in ours for cell in row]
        counted["cells"] += len(said)
        counted["numbers"] += sum(bool(NUMBER.fullmatch(cell)) for cell in said)
        counted["decimals"] += sum(bool(NUMBER.fullmatch(cell)) and not cell.isdecimal() and cell != "0.00" for cell in said)
    lost, counted["texts"] = page(program, out, pages)
    return differences + lost, counted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("data", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    program = installed()
    differences, total = [], Counter()
    for book in [BOOK, *options.data]:
        with tempfile.TemporaryDirectory() as directory:
            differ, counted = opened(program, options.replay_tool, book, pathlib.Path(directory))
        differences += differ
        total += counted
    for difference in differences:
        print(difference)
    print(f"{total['cells']} cells, {total['numbers']} of them numbers, {total['decimals']} with decimals that are not zero, and "
          f"{total['texts']} texts of pages: LibreOffice has {'others' if differences else 'the same'}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
