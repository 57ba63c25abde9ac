"""Judges requests by IAM policy documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html

A document may hold every element that the IAM User Guide names. A condition operator that is not known here is an error, never a
match, so that a test cannot pass on a condition that nobody evaluated.
"""

import datetime
import ipaddress
import json
import re
from urllib.parse import unquote

ALLOW, DENY = "Allow", "Deny"


class Caller:
    """Who asks. Nobody in particular (anonymous) has neither an account nor ARNs."""

    def __init__(self, account=None, arns=()):
        self.account = account
        self.arns = tuple(arns)


def document(policy):
    """The parsed document of a policy in any of the forms that moto stores."""
    if isinstance(policy, dict) and "policy_document" in policy:
        policy = policy["policy_document"]
    elif hasattr(policy, "versions"):
        policy = next(version for version in policy.versions if version.is_default).document
    if isinstance(policy, dict):
        return policy
    return json.loads(unquote(policy) if policy.startswith("%") else policy)


def verdict(documents, action, resource, context, caller=None):
    """`DENY` by any statement, else `ALLOW` by any, else None. With a caller, principals are judged too."""
    found = None
    for statement in (statement for doc in documents for statement in _list(doc.get("Statement", []))):
        if not _applies(statement, action, resource, context, caller):
            continue
        if statement["Effect"] == DENY:
            return DENY
        found = ALLOW
    return found


def _applies(statement, action, resource, context, caller):
    return (
        _named(statement, "Action", lambda pattern: _like(pattern.lower(), action.lower()))
        and _named(statement, "Resource", lambda pattern: _like(_filled(pattern, context), resource))
        and (caller is None or _principal(statement, caller))
        and _conditions(statement.get("Condition", {}), context)
    )


def _named(statement, element, hits):
    """The element or its Not- form. A bucket policy must have either; a trust policy has no Resource."""
    if element in statement:
        return any(hits(pattern) for pattern in _list(statement[element]))
    if f"Not{element}" in statement:
        return not any(hits(pattern) for pattern in _list(statement[f"Not{element}"]))
    return True


def _principal(statement, caller):
    if "NotPrincipal" in statement:
        return not _is_one_of(statement["NotPrincipal"], caller)
    return _is_one_of(statement["Principal"], caller)


def _is_one_of(principals, caller):
    if principals == "*":
        return True
    named = _list(principals.get("AWS", []))
    account = caller.account and {caller.account, f"arn:aws:iam::{caller.account}:root"}
    return any(name == "*" or name in caller.arns or (account and name in account) for name in named)


def _conditions(block, context):
    return all(_holds(operator, key, _list(wanted), context) for operator, keys in block.items() for key, wanted in keys.items())


def _holds(operator, key, wanted, context):
    have = context.get(key.lower())
    if operator == "Null":
        return (have is None) == (str(wanted[0]).lower() == "true")
    quantifier, _, base = operator.rpartition(":")
    optional = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    negated = base in NEGATED
    matches = OPERATORS[NEGATED.get(base, base)]
    if have is None:
        # A negated operator matches where the key is missing; a positive one does not.
        return optional or negated or quantifier == "ForAllValues"
    wanted = [_filled(value, context) for value in wanted]
    results = [any(matches(value, one) for value in wanted) != negated for one in have]
    return all(results) if quantifier == "ForAllValues" or (negated and not quantifier) else any(results)


def _filled(text, context):
    return re.sub(r"\$\{([^}]+)\}", lambda name: (context.get(name[1].lower()) or [""])[0], str(text))


def _like(pattern, text):
    expression = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _arn_like(pattern, arn):
    """Part by part: a wildcard does not reach over a colon, except in the last of the six parts."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(_like, patterns, parts))


def _moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def _within(network, address):
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)


def _list(value):
    return value if isinstance(value, list) else [value]


# Each takes what the policy wants and what the request has.
OPERATORS = {
    "StringEquals": lambda want, have: want == have,
    "StringEqualsIgnoreCase": lambda want, have: want.lower() == have.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda want, have: want.lower() == have.lower(),
    "IpAddress": _within,
    "NumericEquals": lambda want, have: float(have) == float(want),
    "NumericLessThan": lambda want, have: float(have) < float(want),
    "NumericLessThanEquals": lambda want, have: float(have) <= float(want),
    "NumericGreaterThan": lambda want, have: float(have) > float(want),
    "NumericGreaterThanEquals": lambda want, have: float(have) >= float(want),
    "DateEquals": lambda want, have: _moment(have) == _moment(want),
    "DateLessThan": lambda want, have: _moment(have) < _moment(want),
    "DateLessThanEquals": lambda want, have: _moment(have) <= _moment(want),
    "DateGreaterThan": lambda want, have: _moment(have) > _moment(want),
    "DateGreaterThanEquals": lambda want, have: _moment(have) >= _moment(want),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
