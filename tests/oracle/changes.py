#!/usr/bin/env python3
"""What changed between the states that an API server answered with, by a second way.

    changes.py RECORDING.jsonl.gz > changes.ndjson

Reads a recording of audit events and prints, for every write of an object whose state before and after it are both in the
recording, the leaves that are different: one JSON object per write. It shares nothing with the program but the rules of its
documentation, and is slow and simple: a state is flattened into a map from paths to leaves, and two maps are compared.

What the rules leave open is decided here in FURTHER_NOISE and in the quoting of paths, as the program does it.
"""

import gzip
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from merge_keys import keys_of_list  # noqa: E402

WRITES = ("create", "update", "patch", "delete")

# Answers that are about an object without being it.
NOT_THE_OBJECT = ("Status", "PartialObjectMetadata", "Table", "Scale", "Binding", "Eviction", "TokenRequest", "DeleteOptions")

NOISE = [
    r"kind|apiVersion",
    r"metadata\.(managedFields|resourceVersion|generation|uid|creationTimestamp|selfLink)",
    r"metadata\.annotations\[\"kubectl\.kubernetes\.io/last-applied-configuration\"\]",
    r"metadata\.annotations\[\"deployment\.kubernetes\.io/revision\"\]",
    r"metadata\.annotations\[\"control-plane\.alpha\.kubernetes\.io/leader\"\]",
    r"status\.conditions\[[^]]*\]\.(lastTransitionTime|lastUpdateTime|lastHeartbeatTime|lastProbeTime)",
]

# Counters and heartbeats that the reference does not name.
FURTHER_NOISE = [
    r"metadata\.annotations\[\"deployment\.kubernetes\.io/revision-history\"\]",
    r"metadata\.annotations\[\"deprecated\.daemonset\.template\.generation\"\]",
    r"metadata\.annotations\[\"endpoints\.kubernetes\.io/last-change-trigger-time\"\]",
    r"status\.observedGeneration",
    r"status\.conditions\[[^]]*\]\.observedGeneration",
]

IS_NOISE = re.compile("|".join(f"(?:{pattern})" for pattern in NOISE + FURTHER_NOISE))


def member(path, key):
    """The path of a member: plain words stand behind a dot, everything else in brackets and quotes."""
    if re.fullmatch(r"[A-Za-z0-9_/$-]+", key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def element(path, keys):
    """The path of an element of a list, by its merge keys."""

    def shown(value):
        text = value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text, ensure_ascii=False) if text == "" or re.search(r'["\[\],=\x00-\x1f\x7f]', text) else text

    return f"{path}[{','.join(f'{key}={shown(value)}' for key, value in keys)}]"


def leaves(resource, value, path="", words=()):
    """All leaves of a value: scalars, empty maps and lists, lists without merge keys. A null is nothing."""
    if value is None or IS_NOISE.fullmatch(path):
        return
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(resource, inner, member(path, key), words + (key,))
        return
    keys = keys_of_list(resource, words, value) if isinstance(value, list) and value else None
    if keys is None:
        yield path, value
        return
    for inner, own in zip(value, keys):
        yield from leaves(resource, inner, element(path, own), words)


def is_same(one, other):
    """Equal JSON. Python takes true for 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return one == other


def difference(resource, before, after):
    before, after = dict(leaves(resource, before)), dict(leaves(resource, after))
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            op = "add"
        elif path not in after:
            op = "remove"
        elif not is_same(before[path], after[path]):
            op = "replace"
        else:
            continue
        yield field(path, op, before.get(path), after.get(path))


def field(path, op, before, after):
    is_status = re.match(r"status(?![^.\[])", path) is not None
    return {"path": path, "op": op, "before": before, "after": after, "status": is_status}


class Write:
    """A successful write of one object, and what its record says of the object's state."""

    def __init__(self, record):
        reference, answer = record["objectRef"], record.get("responseObject")
        answer = answer if isinstance(answer, dict) else {}
        sent = record.get("requestObject")
        metadata = answer.get("metadata") or {}
        self.record = record
        self.subresource = reference.get("subresource", "")
        self.resource = (reference.get("apiGroup", ""), reference.get("resource", ""))
        self.version = reference.get("apiVersion", "")
        self.time = record["requestReceivedTimestamp"]
        is_object = is_kind_of(answer.get("kind", ""), self.resource[1]) and metadata.get("uid")
        self.state = answer if is_object else None
        self.uid = metadata.get("uid") or (answer.get("details") or {}).get("uid") or reference.get("uid", "")
        self.name = metadata.get("name") or reference.get("name", "")
        self.namespace = "" if self.resource == ("", "namespaces") else reference.get("namespace", "")
        self.resource_version = int(metadata.get("resourceVersion") or 0)
        is_going = bool(metadata.get("deletionTimestamp")) and not metadata.get("finalizers")
        # The write that takes the last finalizer away keeps the resource version, and stands last.
        self.is_last = is_object and is_going
        self.part = None
        if self.subresource == "scale" and answer.get("kind") == "Scale":
            self.part = ("spec", "replicas", (answer.get("spec") or {}).get("replicas", 0))
        elif self.subresource == "binding" and isinstance(sent, dict):
            self.part = ("spec", "nodeName", sent["target"]["name"])
        # Whether it says something of the state, but not all.
        is_metadata = answer.get("kind") == "PartialObjectMetadata"
        is_sent_only = not answer and sent is not None and record["verb"] != "delete"
        self.is_partial = self.state is None and bool(self.part or is_metadata or is_sent_only)

    def printed(self, fields):
        return {
            "audit_id": self.record["auditID"],
            "time": self.time,
            "object": "/".join(filter(None, (*self.resource, self.namespace, self.name))),
            "fields": list(fields),
        }


def is_kind_of(kind, resource):
    if kind in NOT_THE_OBJECT or kind.endswith("List"):
        return False
    word = kind.lower()
    return resource in (word, f"{word}s", f"{word}es", f"{word[:-1]}ies")


def is_write(record):
    code = (record.get("responseStatus") or {}).get("code", 0)
    sent = record.get("requestObject")
    options = sent.get("dryRun") if isinstance(sent, dict) and sent.get("kind") == "DeleteOptions" else None
    is_dry = options or any(key == "dryRun" for key, _ in parse_qsl(urlsplit(record["requestURI"]).query))
    return (
        record["stage"] == "ResponseComplete"
        and record["verb"] in WRITES
        and 200 <= code < 300
        and not is_dry
        and "objectRef" in record
        and record["objectRef"].get("subresource") not in ("exec", "attach", "portforward", "proxy", "log", "token")
    )


def in_order(writes):
    """By resource version; those without one by the clock, behind the last that is not later."""
    numbered = sorted(
        (write for write in writes if write.resource_version),
        key=lambda write: (write.resource_version, write.is_last, write.time),
    )
    for write in sorted((write for write in writes if not write.resource_version), key=lambda write: write.time):
        earlier = [at for at, other in enumerate(numbered) if other.time <= write.time]
        numbered.insert(earlier[-1] + 1 if earlier else 0, write)
    return numbered


def history(writes):
    """What each write of the objects of one name changed, where that is certain."""
    # The last whole state in each API version: two versions say nothing about each other.
    uid, states, is_certain = "", {}, {}
    for write in in_order(writes):
        if (write.state is not None or write.part) and write.uid != uid:
            uid, states, is_certain = write.uid, {}, {}
        before = states.get(write.version)
        certain = before is not None and is_certain[write.version]
        if write.state is not None:
            if certain:
                yield write.printed(difference(write.resource, before, write.state))
            states[write.version], is_certain[write.version] = write.state, True
        elif write.part:
            outer, inner, value = write.part
            known = (before.get(outer) or {}).get(inner) if before else None
            op = "add" if known is None else "replace"
            # Only a pod without a node is bound, so there the state before is known in any case.
            if inner == "nodeName" or certain:
                yield write.printed([] if known == value else [field(f"{outer}.{inner}", op, known, value)])
        if write.is_partial and write.version in is_certain:
            is_certain[write.version] = False


def main(recording):
    objects, seen = defaultdict(list), set()
    with gzip.open(recording, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            record = json.loads(line)
            identity = (record["auditID"], record["requestReceivedTimestamp"], record["stage"])
            if is_write(record) and identity not in seen:
                seen.add(identity)
                write = Write(record)
                objects[(*write.resource, write.namespace, write.name)].append(write)
    for writes in objects.values():
        for change in history(writes):
            print(json.dumps(change, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1])
