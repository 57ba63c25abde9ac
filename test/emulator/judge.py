"""Judges requests that come in line by line, as JSON, and answers each with what AWS would, or `unknown`: for tests, without a server."""

import json
import sys

from policies import ALLOW, DENY, Caller, Unknown, check, everybody, names, verdict

_TYPES = {"user": "User", "role-session": "AssumedRole", "federated-user": "FederatedUser", "root": "Account", "anonymous": "Anonymous"}
_ARN_CONDITIONS = {f"{quantifier}{name}" for quantifier in ("", "ForAnyValue:", "ForAllValues:") for name in ("ArnEquals", "ArnLike", "StringEquals", "StringLike")}


def decide(caller, action, resource, context, policies):
    """In the order of "How AWS enforcement code logic evaluates requests to allow or deny access", of the IAM User Guide."""
    kind, account = caller["kind"], caller["account"]
    session = caller.get("session", {}).get("arn")
    bound = None if kind == "root" else policies.get("boundary")
    keys = keys_of(caller, context)

    for document in (*policies["identity"], *sum(policies.get("control") or [], []), policies.get("boundary"), policies.get("session")):
        document is None or check(document, of_resource=False)

    def judged(documents, who=None, **more):
        return verdict(documents, action, resource, keys, who, **more)

    own = judged([] if kind == "root" else policies["identity"])
    levels = [judged(level) for level in policies.get("control") or []] if is_governed(caller) else []
    boundary = judged([bound]) if bound else ALLOW
    of_session = judged([policies["session"]]) if policies.get("session") else None
    resources = [policies["resource"]] if policies.get("resource") else []
    arns = [name for name in (caller.get("issuer"), caller["arn"], session) if name and kind != "anonymous"]
    who = Caller(None if kind in ("service", "anonymous") else account, arns, kind, bounded=bound is not None)
    granted = judged(resources, who)

    if DENY in (own, *levels, boundary, of_session, granted):
        return "explicit-deny"
    if kind in ("service", "anonymous"):
        return "allow" if granted == ALLOW else "implicit-deny"
    if any(level != ALLOW for level in levels):
        return "implicit-deny"
    here = policies.get("owner", account) == account
    # The one that makes the request is the session, of a user who has none the user.
    directly = [session] if kind == "role-session" else [caller["arn"]]
    if here and judged(resources, who, only=lambda one: names(one, kind, directly) or (everybody(one) and is_about_arns(one))) == ALLOW:
        return "allow"
    if boundary != ALLOW or (of_session is None and kind == "federated-user") or (policies.get("session") and of_session != ALLOW):
        return "implicit-deny"
    if here and judged(resources, who, only=lambda one: names(one, kind, arns) or everybody(one)) == ALLOW:
        return "allow"
    if (not here or policies.get("closed")) and granted != ALLOW:
        return "implicit-deny"
    return "allow" if kind == "root" or own == ALLOW else "implicit-deny"


def is_governed(caller):
    return caller["kind"] not in ("service", "anonymous") and ":role/aws-service-role/" not in caller["arn"]


def is_about_arns(statement):
    about = {(name, key.lower()) for name, keys in statement.get("Condition", {}).items() for key in keys}
    return any(name in _ARN_CONDITIONS and key == "aws:principalarn" for name, key in about)


def keys_of(caller, context):
    """The condition keys that come with who asks; what is given goes before."""
    keys = {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": json.dumps(caller["kind"] == "service")}
    if caller["kind"] == "service":
        keys |= {"aws:PrincipalType": "Service", "aws:PrincipalServiceName": caller["arn"]}
    else:
        keys["aws:PrincipalType"] = _TYPES[caller["kind"]]
    if caller["kind"] not in ("service", "anonymous"):
        keys |= {"aws:PrincipalArn": caller["arn"], "aws:PrincipalAccount": caller["account"]}
    keys |= {f"aws:PrincipalTag/{name}": value for name, value in caller.get("tags", {}).items()}
    named = {"aws:userid": caller.get("userId"), "aws:username": caller.get("userName")}
    named["aws:TokenIssueTime"] = caller.get("session", {}).get("issued")
    named["aws:SourceIdentity"] = caller.get("session", {}).get("sourceIdentity")
    keys |= {name: value for name, value in named.items() if value is not None}
    lower = {name.lower(): value for name, value in keys.items()} | {name.lower(): value for name, value in context.items()}
    return {name: value if isinstance(value, list) else [value] for name, value in lower.items()}


def main():
    for line in sys.stdin:
        try:
            print(decide(**json.loads(line)), flush=True)
        except Unknown:
            print("unknown", flush=True)


if __name__ == "__main__":
    main()
