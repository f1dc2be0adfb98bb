"""Whether the server of a server.json is ready."""

import json
import sys
import urllib.request

with open(sys.argv[1], encoding="utf-8") as file:
    api = json.load(file)["api"]
try:
    with urllib.request.urlopen(f"{api}/readyz", timeout=5) as answer:
        sys.exit(answer.status != 200)
except OSError:
    sys.exit(1)
