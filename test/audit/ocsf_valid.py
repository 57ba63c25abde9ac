"""Holds events, one a line of stdin, against the class of the OCSF schema that each names. Says what does not fit."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

schema = json.load(open(sys.argv[1]))
names = {uid: name for name, uid in schema["x-class-uids"].items()}
validators = {
    uid: Draft202012Validator({**schema, "oneOf": [{"$ref": f"#/$defs/class.{name}"}]}, format_checker=FormatChecker())
    for uid, name in names.items()
}
count = 0
for number, line in enumerate(sys.stdin, 1):
    event = json.loads(line)
    count += 1
    if event.get("class_uid") not in validators:
        print(f"{number}: class {event.get('class_uid')} is unknown")
        continue
    for error in validators[event["class_uid"]].iter_errors(event):
        for inner in [error, *(error.context or [])]:
            print(f"{number} {event['message']}: {'/'.join(map(str, inner.absolute_path))}: {inner.message[:300]}")
print(f"{count} events")
