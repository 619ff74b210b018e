"""Lists every setting of every program in `infra/settings.md`; `--check` only says whether it is up to date.

Name and default come from the settings' classes, the sentence from the text below a field in its source.
"""

import ast
import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from runner.agent.settings import RunnerSettings
from services.audit.settings import AuditSettings
from services.cli.settings import CliSettings
from services.gateway.settings import GatewaySettings
from services.kit.settings import ServiceSettings
from services.launcher.settings import LauncherSettings
from services.license.settings import LicenseSettings
from services.registry.settings import RegistrySettings
from services.scheduler.settings import SchedulerSettings

REFERENCE = Path(__file__).resolve().parent.parent / "infra/settings.md"
HEAD = """# Settings

Environment variables as the programs declare them (written by `python -m scripts.settings_reference`). `NAME_FILE`
may name a file that holds a variable's value. A variable that nobody knows is warned of at the start.
"""
PARTS: tuple[tuple[str, str, type[BaseSettings]], ...] = (
    ("All services", "Read by every service of the Hub.", ServiceSettings),
    ("Launcher", "`make up`, `make demo`, `exekra up`: what starts a whole Hub on one machine.", LauncherSettings),
    ("Gateway", "REST, browser UI, webhooks.", GatewaySettings),
    ("Scheduler", "Its server, its loops and its worker.", SchedulerSettings),
    ("Registry", "What runners connect to.", RegistrySettings),
    ("License", "", LicenseSettings),
    ("Audit", "", AuditSettings),
    ("Runner", "`exekra-runner`.", RunnerSettings),
    ("Command line", "`exekra`.", CliSettings),
)


def write_reference() -> str:
    """The whole document."""
    common = set(ServiceSettings.model_fields)
    parts = [HEAD]
    for title, about, settings in PARTS:
        own = {name for name in settings.model_fields if settings is ServiceSettings or name not in common}
        own |= {
            name for name in set(settings.model_fields) & common if _default(settings, name) != _default_of_all(name)
        }
        if not own:
            continue
        parts += [f"## {title}", *([about] if about else []), _table(settings, own)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _table(settings: type[BaseSettings], names: set[str]) -> str:
    texts = _texts_of(settings)
    lines = ["| variable | default | |", "| --- | --- | --- |"]
    for name in settings.model_fields:
        if name in names:
            variable = f"{settings.model_config.get('env_prefix', '')}{name}".upper()
            meaning = " ".join(filter(None, (texts.get(name), _choices(settings.model_fields[name]))))
            lines.append(f"| `{variable}` | {_default(settings, name)} | {meaning} |")
    return "\n".join(lines)


def _default_of_all(name: str) -> str:
    return _default(ServiceSettings, name)


def _default(settings: type[BaseSettings], name: str) -> str:
    return _shown(settings.model_fields[name])


def _shown(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", (), []):
        return ""
    if isinstance(value, tuple | list | frozenset | set):
        value = ",".join(sorted(map(str, value)))
    if isinstance(value, Path) and value.is_relative_to(Path.home()):
        value = Path("~") / value.relative_to(Path.home())
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{value}`"


def _choices(field: FieldInfo) -> str:
    """The words of a Literal."""
    if get_origin(field.annotation) is not Literal:
        return ""
    return "One of " + ", ".join(f"`{choice}`" for choice in get_args(field.annotation)) + "."


def _texts_of(settings: type[BaseSettings]) -> dict[str, str]:
    """The text below each field, also of the classes it is built on."""
    texts: dict[str, str] = {}
    for kind in reversed(settings.__mro__):
        if not issubclass(kind, BaseSettings) or kind is BaseSettings:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in zip(body.body, body.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    texts[name] = " ".join(inspect.cleandoc(text).split()).replace("|", "\\|")
    return texts


def main() -> int:
    """Writes the reference, or with `--check` answers 1 when it differs."""
    wanted = write_reference()
    if REFERENCE.exists() and REFERENCE.read_text() == wanted:
        return 0
    if "--check" in sys.argv:
        print("infra/settings.md: not what the programs declare; run python -m scripts.settings_reference")
        return 1
    REFERENCE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
