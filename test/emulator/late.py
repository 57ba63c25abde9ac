"""How long IAM takes to enforce what it accepted. What is configured reads back at once, as in AWS."""

import os
import time

from moto.iam.models import iam_backends

DELAY = float(os.environ.get("STRICT_MOTO_PROPAGATION_SECONDS", "0"))
# Per account: when a state of its users was first seen, and each user's inline policies and the status of each key.
seen = {}


def note(account):
    """Called before each call is judged: what the calls before it left."""
    if DELAY == 0:
        return
    users = list(iam_backends[account]["aws"].users.values())
    state = (
        {user.name: dict(user.policies) for user in users},
        {key.access_key_id: key.status for user in users for key in user.access_keys},
    )
    history = seen.setdefault(account, [])
    if not history or history[-1][1] != state:
        history.append((time.monotonic(), state))


def enforced(account):
    """The state that is in force; null where there is no delay, or where nothing is old enough to be late."""
    before = time.monotonic() - DELAY
    known = [state for at, state in seen.get(account, []) if at <= before]
    return known[-1] if known else None


def key_status(account, key, status):
    """A key that is younger than the delay works, as it was made."""
    state = enforced(account)
    return status if state is None else state[1].get(key, "Active")


def inline(account, user, own):
    """The texts of a user's inline policies that are in force."""
    state = enforced(account)
    return list(own.values() if state is None else state[0].get(user, own).values())
