"""Judges requests by policy documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html

A second reading of the same pages as `src/planner/policy`, kept apart from it: test/planner/policy/agree.test.ts holds the two against
each other. What is not known here raises `Unknown`, and is never a match, so that no test passes on what nobody evaluated.
"""

import json
import re
from urllib.parse import unquote

from conditions import Unknown, characters, check_condition, conditions, covers, filled, holds, like, listed

ALLOW, DENY = "Allow", "Deny"


class Caller:
    """Who asks: the ARNs that it goes by, and its account. Nobody in particular (anonymous) has neither."""

    def __init__(self, account=None, arns=(), kind="user", bounded=False):
        self.account, self.arns, self.kind, self.bounded = account, tuple(arns), kind, bounded


def document(policy):
    """The parsed document of a policy in any of the forms that moto stores."""
    if isinstance(policy, dict) and "policy_document" in policy:
        policy = policy["policy_document"]
    elif hasattr(policy, "versions"):
        policy = next(version for version in policy.versions if version.is_default).document
    if isinstance(policy, dict):
        return policy
    return json.loads(unquote(policy) if policy.startswith("%") else policy)


def verdict(documents, action, resource, context, caller=None, only=lambda statement: True):
    """`DENY` by any statement, else `ALLOW` by any of those that are `only` asked for, else None. With a caller, principals are judged."""
    found = set()
    for policy in documents:
        check(policy, caller is not None)
        fill = policy.get("Version") == "2012-10-17"
        for statement in listed(policy["Statement"]):
            if only(statement) and _applies(statement, action, resource, context, caller, fill):
                found.add(statement["Effect"])
    return DENY if DENY in found else ALLOW if ALLOW in found else None


# ---- what a document may hold ----

_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
_NAME = r"arn:[^:*?]+:(iam|sts)::[0-9]{12}:(root|(user|role|assumed-role|federated-user)/[^*?]+)"
_PRINCIPALS = {"AWS": rf"\*|[0-9]{{12}}|A[A-Z0-9]{{15,}}|{_NAME}", "Service": "[^*?]+", "Federated": "[^*?]+", "CanonicalUser": "[^*?]+"}


def check(policy, of_resource):
    """Raises `Unknown` for a document with anything in it that cannot be judged here."""
    _check(policy, _DOCUMENT)
    for statement in listed(policy["Statement"]):
        _check_statement(statement, of_resource)


def _check(element, known):
    if not isinstance(element, dict) or not element.keys() <= known:
        raise Unknown(f"{element} has more than {sorted(known)}")


def _check_statement(statement, of_resource):
    _check(statement, _STATEMENT)
    for name in ("Action", "Resource", "Principal"):
        if name in statement and f"Not{name}" in statement:
            raise Unknown(f"both {name} and Not{name}")
    for name, form in (("Action", r"\*|[\w-]+:.+"), ("Resource", r"\*|(arn:|\$\{).*")):
        for pattern in listed(statement.get(name, statement.get(f"Not{name}", []))):
            if not re.fullmatch(form, pattern, re.DOTALL):
                raise Unknown(f"{name} {pattern}")
    if statement.get("Effect") not in (ALLOW, DENY) or not statement.keys() & {"Action", "NotAction"}:
        raise Unknown("a statement without an effect, or without actions")
    named = bool(statement.keys() & {"Principal", "NotPrincipal"})
    if named != of_resource or not (of_resource or statement.keys() & {"Resource", "NotResource"}):
        raise Unknown("a statement that does not belong into this kind of policy")
    _check_principals(statement)
    for operator, _, values in conditions(statement):
        check_condition(operator, values)


def _check_principals(statement):
    spared = "NotPrincipal" in statement
    if spared and statement["Effect"] == ALLOW:
        raise Unknown("everybody but some is allowed")
    for kind, names in _principals(statement).items():
        for name in listed(names):
            if kind not in _PRINCIPALS or not re.fullmatch(_PRINCIPALS[kind], name) or (spared and name == "*"):
                raise Unknown(f"principal {kind} {name}")
        if kind == "CanonicalUser" and statement["Effect"] == DENY:
            raise Unknown("only AWS knows whose canonical id it is")


def _principals(statement):
    named = statement.get("Principal", statement.get("NotPrincipal", {}))
    return {"AWS": "*"} if named == "*" else named


# ---- whom and what a statement is about ----


def _applies(statement, action, resource, context, caller, fill):
    return (
        _named(statement, "Action", lambda pattern: like(characters(pattern.lower()), action.lower()))
        and _named(statement, "Resource", lambda pattern: covers(filled(pattern, context, fill), resource))
        and (caller is None or _principal(statement, caller))
        and all([holds(*one, context, fill) for one in conditions(statement)])
    )


def _named(statement, element, hits):
    """The element or its Not- form. A trust policy has no Resource."""
    if element in statement:
        return any(hits(pattern) for pattern in listed(statement[element]))
    if f"Not{element}" in statement:
        return not any(hits(pattern) for pattern in listed(statement[f"Not{element}"]))
    return True


def _principal(statement, caller):
    if "NotPrincipal" not in statement:
        return names(statement, caller.kind, [*caller.arns, caller.account]) or everybody(statement)
    # To be spared, each of the names that AWS looks at has to be there, and there must be no boundary.
    known = [caller.account, *caller.arns] if caller.account else list(caller.arns) or [None]
    return caller.bounded or not all(names(statement, caller.kind, [name]) for name in known)


def everybody(statement):
    return "*" in listed(_principals(statement).get("AWS", []))


def names(statement, kind, callers):
    """Whether it lists one of these ARNs or accounts; an account goes by its number and by its root."""
    named = listed(_principals(statement).get("Service" if kind == "service" else "AWS", []))
    return bool({_one_name(name) for name in named} & {_one_name(name) for name in callers if name is not None})


def _one_name(name):
    root = re.fullmatch(r"arn:[^:]+:iam::([0-9]{12}):root", name)
    return root[1] if root else name
