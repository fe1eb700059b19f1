"""Imports a roster, after a look at what would become of it: python3 roster.py COURSE FILE [--yes]"""

import sys
from collections import Counter
from pathlib import Path

from lectern import change

IMPORT = """
mutation Import($input: ImportRosterInput!) {
  importRoster(input: $input) {
    rows { line outcome message }
    refused
    ignoredColumns
    problems { message }
  }
}
"""

course, csv = sys.argv[1], Path(sys.argv[2]).read_text("utf-8")


def told(done):
    for row in done["rows"]:
        if row["outcome"] not in ("ENROLLED", "INVITED", "CHANGED", "UNCHANGED"):
            print(f"line {row['line']}: {row['message']}", file=sys.stderr)
    counts = Counter(row["outcome"].lower() for row in done["rows"])
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))


tried = change(IMPORT, course=course, csv=csv, dryRun=True)
if tried["ignoredColumns"]:
    print("Not looked at:", ", ".join(tried["ignoredColumns"]), file=sys.stderr)
told(tried)
if "--yes" not in sys.argv[3:]:
    sys.exit("Nothing was changed. Say --yes to import it.")
done = change(IMPORT, course=course, csv=csv)
told(done)
sys.exit(1 if done["refused"] else 0)
