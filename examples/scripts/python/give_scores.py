"""Gives scores from a table: python3 give_scores.py COURSE FILE KEY [--dry-run]

The table has columns `submission` (or `email` and `assignment`), `kind`, `value` and `message`. KEY is your word for this table: run the
script again with the same, when you do not know whether it came through, and nothing is done twice.
"""

import sys
from pathlib import Path

from lectern import change

IMPORT = """
mutation Give($input: ImportScoresInput!) {
  importScores(input: $input) {
    given
    refused
    rows { line outcome message }
    problems { message }
  }
}
"""

course, table, key = sys.argv[1:4]
done = change(
    IMPORT,
    course=course,
    csv=Path(table).read_text("utf-8"),
    idempotencyKey=key,
    dryRun="--dry-run" in sys.argv[4:],
)
for row in done["rows"]:
    if row["outcome"] not in ("GIVEN", "UNCHANGED"):
        print(f"line {row['line']}: {row['message']}", file=sys.stderr)
print(done["given"], "given,", done["refused"], "refused")
sys.exit(1 if done["refused"] else 0)
