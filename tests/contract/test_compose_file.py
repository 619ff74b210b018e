"""docker-compose.yml and .env.example name the same variables, and what containers are given is read by somebody."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.kit.postgres import SCHEMAS
from services.launcher.settings import misspelt_names

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OTHERS_IMAGES = {"postgres", "redis"}

EXAMPLES = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
ASKED = re.findall(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}", COMPOSE)


def test_every_variable_of_the_compose_file_is_in_the_example_and_no_other():
    assert {name for name, _, _ in ASKED} == set(EXAMPLES)


def test_defaults_of_the_compose_file_are_those_of_the_example():
    defaults = {name: default for name, kind, default in ASKED if kind == ":-"}
    defaults.pop("EXEKRA_RUNNER_FILES")  # empty means a named volume, which a person has no need to name
    assert defaults == {name: EXAMPLES[name] for name in defaults}


def test_passwords_have_no_default():
    required = {name for name, kind, _ in ASKED if kind == ":?"}
    assert required == {name for name in EXAMPLES if name.endswith("_PASSWORD")}


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - OTHERS_IMAGES))
def test_a_container_is_given_settings_that_exist(name):
    environment = SERVICES[name]["environment"]
    assert all(variable.startswith("EXEKRA_") for variable in environment)
    assert misspelt_names(environment) == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_closed(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["init"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["networks"]


def test_what_answers_is_asked_for_its_health():
    assert {name for name, service in SERVICES.items() if "healthcheck" in service} == {*SCHEMAS, *OTHERS_IMAGES}


def test_keys_are_read_by_their_own_service_alone():
    holders: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            volume, place, *options = mount.rsplit(":", 2) if mount.endswith(":ro") else mount.rsplit(":", 1)
            if place == "/keys":
                assert options == ["ro"], name
                holders.setdefault(volume, set()).add(name)
    assert holders == {
        "audit-keys": {"audit"},
        "gateway-keys": {"gateway"},
        "license-keys": {"license"},
        "registry-keys": {"registry"},
        "runner-keys": {"runner"},
        "scheduler-keys": {"scheduler", "scheduler-loops", "scheduler-worker"},
    }
