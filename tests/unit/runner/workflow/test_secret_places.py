"""Where secrets stand: told by schemas, found in configs of any shape."""

from typing import Any

import pytest

from runner.nodes.registry import declarations
from runner.workflow.secret_places import EACH, secret_places, secrets_at

SECRET = {"type": "string", "format": "password"}
SCHEMA: dict[str, Any] = {
    "properties": {
        "key": {"anyOf": [SECRET, {"type": "null"}]},
        "auth": {"oneOf": [{"$ref": "#/$defs/Basic"}, {"$ref": "#/$defs/Token"}]},
        "files": {"type": "array", "items": {"$ref": "#/$defs/Basic"}},
        "map": {"additionalProperties": SECRET},
        "self": {"$ref": "#/$defs/Endless"},
        "plain": {"type": "string"},
    },
    "$defs": {
        "Basic": {"properties": {"user": {"type": "string"}, "password": SECRET}},
        "Token": {"properties": {"token": SECRET, "password": SECRET}},
        "Endless": {"properties": {"child": {"$ref": "#/$defs/Endless"}}},
    },
}


def test_every_variant_of_a_config_is_looked_into_and_what_refers_to_itself_ends():
    assert secret_places(SCHEMA) == (
        ("key",),
        ("auth", "password"),
        ("auth", "token"),
        ("files", EACH, "password"),
        ("map", EACH),
    )


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"key": "a", "auth": {"password": "b"}, "plain": "c"}, ["a", "b"]),
        ({"files": [{"password": "a"}, {}, None, "x"], "map": {"x": "b", "y": 1}}, ["a", "b"]),
        ({"key": None, "auth": "text", "files": {"password": 1}, "map": []}, []),
        ("text", []),
    ],
)
def test_configs_of_any_shape_give_their_secrets(config, found):
    assert list(secrets_at(secret_places(SCHEMA), config)) == found


def test_every_password_of_the_built_in_nodes_is_known_as_a_secret():
    known = {name: secret_places(declaration.config_schema) for name, declaration in declarations().items()}
    assert known["http.request"] == (("auth", "password"), ("auth", "token"), ("auth", "key"))
    for name, declaration in declarations().items():
        parts = [declaration.config_schema, *declaration.config_schema.get("$defs", {}).values()]
        named = {field for part in parts for field in part.get("properties", {})}
        secret = {place[-1] for place in known[name]}
        assert named & {"password", "passphrase", "privateKey"} <= secret, name
