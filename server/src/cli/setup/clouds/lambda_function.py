"""Hands what a CloudWatch Logs subscription delivers to Taffrail, as it is.

Environment: TAFFRAIL_URL (with /v1/audit/CLUSTER), TAFFRAIL_TOKEN if the listener asks for one. A file ca.crt beside this
one, if there is one, vouches for the listener's certificate.

It returns once Taffrail has the events on its disk, and fails otherwise: Lambda then tries again, and what comes twice
counts once.
"""

import base64
import os
import ssl
import urllib.request

# Lambda's own limit is the function's timeout; set it to a minute.
TIMEOUT_SECONDS = 45


def lambda_handler(event, context):
    body = base64.b64decode(event["awslogs"]["data"])
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    token = os.environ.get("TAFFRAIL_TOKEN")
    if token:
        headers["Authorization"] = "Bearer " + token
    request = urllib.request.Request(os.environ["TAFFRAIL_URL"], data=body, headers=headers, method="POST")
    ca = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ca.crt")
    trusted = ssl.create_default_context(cafile=ca if os.path.isfile(ca) else None)
    # An answer that is no success raises.
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=trusted) as answer:
        return {"status": answer.status, "position": answer.headers.get("Taffrail-Position")}
