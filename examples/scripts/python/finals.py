"""Lists the submissions that count for an assignment, one a line: python3 finals.py COURSE/ASSIGNMENT"""

import sys

from lectern import pages

FINALS = """
query Finals($endpoint: String!, $after: String) {
  assignment(endpoint: $endpoint) {
    submissions(filter: { isFinal: true }, first: 100, after: $after) {
      nodes { id submittedAt points submitter { email } files { name size } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


def submissions(data):
    if data["assignment"] is None:
        raise SystemExit("There is no such assignment that you may see.")
    return data["assignment"]["submissions"]


for final in pages(FINALS, submissions, endpoint=sys.argv[1]):
    files = ", ".join(file["name"] for file in final["files"])
    # Who has left the roster may be hidden.
    email = final["submitter"]["email"] if final["submitter"] else "-"
    print(final["id"], email, final["points"] or "-", files, sep="\t")
