"""CloudTrail's event history of what was done to identities, which moto lacks. An event is there at once."""

import datetime
import json
import uuid

from flask import request
from moto.cloudtrail.responses import CloudTrailResponse
from moto.iam.models import iam_backends

events = []


def note(asked, identity):
    """A call that was permitted and is about to be made."""
    if asked._service != "iam" or asked._action.split(":")[1].startswith(("Get", "List", "Simulate")):
        return
    said = {name: request.values[name] for name in request.values if name not in ("Action", "Version")}
    told = {
        "userIdentity": identity,
        "eventTime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventName": asked._action.split(":")[1],
        "requestParameters": {f"{name[:1].lower()}{name[1:]}": value for name, value in said.items()},
        "account": asked.account_id,
    }
    events.append(told)


def answered(event):
    """What was made of it is looked up when somebody asks: nothing here sees answers."""
    user = event["requestParameters"].get("userName", event["userIdentity"].get("userName"))
    if event["eventName"] != "CreateAccessKey":
        return None
    known = iam_backends[event["account"]]["aws"].users.get(user)
    keys = [key.access_key_id for key in known.access_keys] if known else []
    return {"accessKey": {"userName": user, "accessKeyId": keys[-1]}} if keys else None


def lookup_events(self):
    wanted = {one["AttributeKey"]: one["AttributeValue"] for one in self._get_param("LookupAttributes") or []}
    since = float(self._get_param("StartTime") or 0)
    found = []
    for event in reversed(events if self.region == "us-east-1" else []):
        by = event["userIdentity"]
        at = datetime.datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        named = by.get("userName") or by["arn"].split("/")[-1]
        if event["account"] != self.current_account or at < int(since) or wanted.get("Username", named) != named:
            continue
        told = {name: value for name, value in event.items() if name != "account"} | {"responseElements": answered(event)}
        found.append({"EventId": str(uuid.uuid4()), "EventName": event["eventName"], "EventTime": at, "Username": named, "CloudTrailEvent": json.dumps(told)})
    return json.dumps({"Events": found})


def keep():
    CloudTrailResponse.lookup_events = lookup_events
