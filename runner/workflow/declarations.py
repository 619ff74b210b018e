"""What a node type declares, as plain data: the form in which it travels from a runner to the Hub and to the Studio.

Owns the JSON shape of a declaration. The classes that declare and do the work live with the runner's nodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTROL_START = "control.start"
CONTROL_FOR_EACH = "control.forEach"
CONTROL_WHILE = "control.while"
CONTROL_TRY = "control.try"
CONTROL_JOIN = "control.join"
CONTROL_STOP = "control.stop"
CONTROL_SUBWORKFLOW = "control.subworkflow"
CONTROL_APPROVAL = "control.approval"
CONTROL_DELAY = "control.delay"
DATA_SET = "data.set"

LOOP_TYPES = frozenset({CONTROL_FOR_EACH, CONTROL_WHILE})
ERROR_PORT = "error"


@dataclass(frozen=True, slots=True)
class DynamicPorts:
    """Ports that depend on a config: one for each entry of the list `field`, named by the entry's `key`."""

    field: str
    key: str


@dataclass(frozen=True, slots=True)
class NodeDeclaration:
    """One node type as the Hub knows it; see `NodeType` for the meaning of each field."""

    type: str
    family: str
    title: str
    help: str
    icon: str
    ports: tuple[str, ...] = ("out",)
    containers: tuple[str, ...] = ()
    config_schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of `config`."""
    example: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    repeatable: bool = False
    isolated: bool = True
    code_fields: frozenset[str] = frozenset()
    expression_fields: frozenset[str] = frozenset()
    dynamic_ports: DynamicPorts | None = None

    def ports_for(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Out-ports given a stored config, without `error`. Entries of a wrong shape are left out, not raised."""
        if self.dynamic_ports is None:
            return self.ports
        entries = config.get(self.dynamic_ports.field)
        named = [e.get(self.dynamic_ports.key) for e in entries if isinstance(e, dict)] if type(entries) is list else []
        return (*dict.fromkeys(port for port in named if isinstance(port, str)), *self.ports)

    def as_json(self) -> dict[str, Any]:
        """The declaration in camelCase JSON; sets become sorted lists."""
        return {
            "type": self.type,
            "family": self.family,
            "title": self.title,
            "help": self.help,
            "icon": self.icon,
            "ports": list(self.ports),
            "containers": list(self.containers),
            "configSchema": dict(self.config_schema),
            "example": dict(self.example),
            "capabilities": list(self.capabilities),
            "repeatable": self.repeatable,
            "isolated": self.isolated,
            "codeFields": sorted(self.code_fields),
            "expressionFields": sorted(self.expression_fields),
            "dynamicPorts": None
            if self.dynamic_ports is None
            else {"field": self.dynamic_ports.field, "key": self.dynamic_ports.key},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "NodeDeclaration":
        """The declaration that `as_json` wrote. Raises KeyError when `type`, `family` or `title` is missing."""
        dynamic = document.get("dynamicPorts")
        return cls(
            type=document["type"],
            family=document["family"],
            title=document["title"],
            help=document.get("help", ""),
            icon=document.get("icon", ""),
            ports=tuple(document.get("ports", ("out",))),
            containers=tuple(document.get("containers", ())),
            config_schema=document.get("configSchema", {}),
            example=document.get("example", {}),
            capabilities=tuple(document.get("capabilities", ())),
            repeatable=document.get("repeatable", False),
            isolated=document.get("isolated", True),
            code_fields=frozenset(document.get("codeFields", ())),
            expression_fields=frozenset(document.get("expressionFields", ())),
            dynamic_ports=None if dynamic is None else DynamicPorts(dynamic["field"], dynamic["key"]),
        )


Catalogue = Mapping[str, NodeDeclaration]
"""Node types by their name: what a graph may be made of."""
