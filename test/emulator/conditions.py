"""Conditions and patterns of policy documents, for policies.py."""

import base64
import datetime
import ipaddress
import json
import re


class Unknown(Exception):
    """An element, an operator or a value that cannot be judged here."""


def conditions(statement):
    block = statement.get("Condition", {})
    return [(operator, key, [_text(one) for one in listed(wanted)]) for operator, keys in block.items() for key, wanted in keys.items()]


def check_condition(operator, values):
    if operator == "Null":
        readable = _truth
    else:
        readable = _READ[_OPERATORS[_parts(operator)[1]][0]]
    if any(readable(value) is None for value in values):
        raise Unknown(f"{operator} {values}")


def _parts(operator):
    quantifier, _, base = operator.rpartition(":")
    name = base.removesuffix("IfExists")
    if quantifier not in ("", "ForAllValues", "ForAnyValue") or name not in _OPERATORS:
        raise Unknown(operator)
    return quantifier, name, base != name


def holds(operator, key, wanted, context, fill):
    have = context.get(key.lower())
    if operator == "Null":
        return any((have is None) == _truth(value) for value in wanted)
    quantifier, name, optional = _parts(operator)
    kind, compare, negated = _OPERATORS[name]
    if have is None and optional:
        return True
    if quantifier:
        have = [] if have is None or not any(have) else have
    elif have is None:
        return negated
    wants = [filled(value, context, fill and kind in _FILLED) for value in wanted]
    read = [value if kind in _FILLED else _READ[kind](_plain(value)) for value in wants if value is not None]
    results = [any(_safely(compare, kind, value, one) for value in read) != negated for one in have]
    return all(results) if quantifier == "ForAllValues" or (negated and not quantifier) else any(results)


def _safely(compare, kind, wanted, have):
    have = have if kind in _FILLED else _READ[kind](have)
    return have is not None and compare(wanted, have)


def _truth(text):
    return {"true": True, "false": False}.get(text.lower())


def _number(text):
    return float(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


def _moment(text):
    """Seconds since 1970, or what ISO 8601 writes: a date, or a moment with its zone. Four digits might be a year, too."""
    if re.fullmatch(r"[0-9]+", text) and len(text) != 4:
        return float(text)
    if not re.fullmatch(r"[0-9-]{10}(T[0-9:.]+(Z|[+-][0-9:]{5}))?", text):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


def _network(text):
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _bytes(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _arn(text):
    return text if text == "*" or "${" in text or text.count(":") >= 5 else None


# How the values of a kind are read; the first two are patterns, and may hold variables.
_FILLED = ("text", "arn")
_READ = {"text": str, "arn": _arn, "number": _number, "moment": _moment, "network": _network, "truth": _truth, "bytes": _bytes}


# ---- patterns: characters, each with whether it stands for others ----


def characters(text):
    return [(char, char in "*?") for char in text]


def _plain(characters):
    return "".join(char for char, _ in characters)


def filled(text, context, fill):
    """With variables replaced by what they are in this request; None where one has no value."""
    if not fill:
        return characters(text)
    found = []
    for place, part in enumerate(re.split(r"\$\{([^}]*)\}", text)):
        value = part if place % 2 == 0 else _value(part, context)
        if value is None:
            return None
        found += characters(value) if place % 2 == 0 else [(char, False) for char in value]
    return found


def _value(variable, context):
    if variable in ("*", "?", "$"):
        return variable
    name, _, default = (part.strip() for part in variable.partition(","))
    have = context.get(name.lower())
    if have is not None:
        return have[0] if len(have) == 1 else None
    return default[1:-1] if len(default) > 1 and default[0] == default[-1] == "'" else None


def like(characters, text):
    return _regex(characters, ".*", ".").fullmatch(text) is not None


def _regex(characters, many, one):
    return re.compile("".join((many if char == "*" else one) if wild else re.escape(char) for char, wild in characters), re.DOTALL)


def _segments(characters):
    found = [[]]
    for char, wild in characters:
        if char == ":" and len(found) < 6:
            found.append([])
        else:
            found[-1].append((char, wild))
    return found


def covers(characters, resource):
    """As the Resource element says: within a part, but the last `*` of one reaches further, and missing parts stand for any."""
    if characters is None:
        return False
    patterns = []
    for place, part in enumerate(_segments(characters)):
        open_end = part[-1:] == [("*", True)]
        many, one = (".*", ".") if place == 5 else ("[^:]*", "[^:]")
        patterns.append(_regex(part[:-1] if open_end else part, many, one).pattern + (".*" if open_end else ""))
    ways = [patterns] if len(patterns) == 1 else [patterns, patterns + [".*"] * (6 - len(patterns))]
    return any(re.fullmatch(":".join(way), resource, re.DOTALL) for way in ways)


def _arn_like(characters, arn):
    """As conditions compare ARNs: part by part, so that no wildcard reaches over one of the first five colons."""
    if characters == [("*", True)]:
        return True
    patterns, parts = _segments(characters), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(like, patterns, parts))


def _text(value):
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def listed(value):
    return value if isinstance(value, list) else [value]


# By name: how values are read, how what is wanted compares with what the request has, and whether that is turned around.
_OPERATORS = {
    "StringEquals": ("text", lambda want, have: _plain(want) == have, False),
    "StringEqualsIgnoreCase": ("text", lambda want, have: _plain(want).lower() == have.lower(), False),
    "StringLike": ("text", like, False),
    "ArnEquals": ("arn", _arn_like, False),
    "ArnLike": ("arn", _arn_like, False),
    "NumericEquals": ("number", lambda want, have: have == want, False),
    "NumericLessThan": ("number", lambda want, have: have < want, False),
    "NumericLessThanEquals": ("number", lambda want, have: have <= want, False),
    "NumericGreaterThan": ("number", lambda want, have: have > want, False),
    "NumericGreaterThanEquals": ("number", lambda want, have: have >= want, False),
    "DateEquals": ("moment", lambda want, have: have == want, False),
    "DateLessThan": ("moment", lambda want, have: have < want, False),
    "DateLessThanEquals": ("moment", lambda want, have: have <= want, False),
    "DateGreaterThan": ("moment", lambda want, have: have > want, False),
    "DateGreaterThanEquals": ("moment", lambda want, have: have >= want, False),
    "Bool": ("truth", lambda want, have: have == want, False),
    "BinaryEquals": ("bytes", lambda want, have: have == want, False),
    "IpAddress": ("network", lambda want, have: have.version == want.version and have.subnet_of(want), False),
}
for _name, _twin in (
    ("StringNotEquals", "StringEquals"),
    ("StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"),
    ("StringNotLike", "StringLike"),
    ("ArnNotEquals", "ArnEquals"),
    ("ArnNotLike", "ArnLike"),
    ("NumericNotEquals", "NumericEquals"),
    ("DateNotEquals", "DateEquals"),
    ("NotIpAddress", "IpAddress"),
):
    _OPERATORS[_name] = (*_OPERATORS[_twin][:2], True)
