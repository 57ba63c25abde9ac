"""Secrets and DynamoDB tables as policies see them: their ARNs, their own policies, and the partition keys that a request asks for."""

import json
import re

from flask import request
from moto.dynamodb.models import dynamodb_backends
from moto.secretsmanager.models import secretsmanager_backends

from policies import document

SERVICES = ("secretsmanager", "dynamodb")


def arn(asked):
    body, region = _body(), _region()
    if asked._service == "dynamodb":
        name = body.get("ResourceArn") or body.get("TableName")
        if name is None or name.startswith("arn:"):
            return name or "*"
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        return f"arn:aws:dynamodb:{region}:{asked.account_id}:table/{name}{index}"
    secret = _secret(asked, body.get("SecretId"))
    return "*" if secret is None else secret.arn


def policies(asked, resource):
    """Of the secret, or of the table, which speaks for its indexes, too."""
    if asked._service == "secretsmanager":
        secret = _secret(asked, resource)
        return [document(secret.policy)] if secret is not None and secret.policy else []
    if asked._service == "dynamodb":
        policy = dynamodb_backends[asked.account_id][_region()].resource_policies.get(resource.split("/index/")[0])
        return [] if policy is None else [document(policy.policy_doc)]
    return []


def context(asked):
    keys = _leading_keys(asked) if asked._service == "dynamodb" else []
    return {"dynamodb:LeadingKeys": keys} if keys else {}


def _leading_keys(asked):
    body = _body()
    table = dynamodb_backends[asked.account_id][_region()].tables.get(body.get("TableName", "").split("/")[-1])
    if table is None:
        return []
    if "KeyConditionExpression" in body:
        name, value = re.match(r"\s*(#?\w+)\s*=\s*(:\w+)", body["KeyConditionExpression"]).groups()
        return list(body["ExpressionAttributeValues"][value].values())
    item = body.get("Key") or body.get("Item") or {}
    return list(item.get(table.hash_key_attr, {}).values())


def _secret(asked, wanted):
    backend = secretsmanager_backends[asked.account_id][_region()]
    return backend.secrets.get(wanted) if wanted and backend._is_valid_identifier(wanted) else None


def _region():
    # Credential=AKIA…/20260101/us-east-1/dynamodb/aws4_request
    return request.headers["Authorization"].split("/")[2]


def _body():
    return json.loads(request.get_data() or "{}")
