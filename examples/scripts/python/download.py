"""Downloads the submissions that count, of an assignment or a course, into a folder for each student:

    python3 download.py COURSE[/ASSIGNMENT] FOLDER [labSection=A1] [late=false] …
"""

import sys
import zipfile
from pathlib import Path

from lectern import download

place, folder = sys.argv[1], Path(sys.argv[2])
filters = dict(word.split("=", 1) for word in sys.argv[3:])
folder.mkdir(parents=True, exist_ok=True)

with download(f"{place}/finals.zip", **filters) as answer:
    if answer.status_code != 200:
        answer.read()
        raise SystemExit(answer.json()["message"])
    package = folder / "finals.zip"
    with package.open("wb") as file:
        for piece in answer.iter_bytes():
            file.write(piece)

# A package that broke off has no directory, and cannot be opened. The names in it are safe to be unpacked.
with zipfile.ZipFile(package) as archive:
    archive.extractall(folder)
    print(len(archive.namelist()), "files")
package.unlink()
