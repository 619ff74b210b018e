"""Texts made from a template and values, for letters, mails and reports. The template has no code in it.

`${name}` and `${customer.name}` are replaced (escaped as the config says), `${&name}` never escapes,
`${#rows}…${/rows}` repeats for each element of a list or shows for what is true, `${^rows}…${/rows}` shows for what is
empty, `${! … }` is a remark. These are Mustache's rules without partials; its braces are those of expressions here, so
there is a dollar instead. Values are never read as templates.
"""

import asyncio
import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.files import read_bytes
from runner.nodes.paths import decode_text, resolve_path
from runner.workflow.documents import Json

TEMPLATE_LIMIT: Final = 1024 * 1024
OUTPUT_LIMIT: Final = 16 * 1024 * 1024
DEPTH_LIMIT: Final = 20
_TAG: Final = re.compile(r"\$\{([^{}]*)\}")
_KINDS: Final = ("#", "^", "/", "!", "&")
_MISSING: Final = object()

Missing = Literal["fail", "empty"]


class TemplateConfig(NodeConfig):
    """Config of text.template: the template itself or a file that holds it."""

    template: str | None = Field(
        None,
        max_length=TEMPLATE_LIMIT,
        title="Template",
        description="Text with ${name} from the values; ${#rows}…${/rows} repeats for each row.",
    )
    path: str | None = Field(None, title="Template file", description="A UTF-8 file instead.")
    values: dict[str, Any] = Field(default_factory=dict, title="Values", description="Name → what stands for it.")
    escape: Literal["none", "html"] = Field(
        "none", title="Escape", description="`html` makes values harmless in HTML and XML."
    )
    missing: Missing = Field("fail", title="Missing values", description="Fail, or leave the place empty.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template is None) == (self.path is None):
            raise ValueError("give either a template or a file")
        return self


class TextTemplate(NodeType[TemplateConfig]):
    """text.template: output `{text}`."""

    type = "text.template"
    title = "Fill in template"
    help = "Makes a text from a template and values, for instance the body of a mail."
    icon = "template"
    config = TemplateConfig
    example: ClassVar[dict[str, Any]] = {
        "template": "Dear ${name},\n${#rows}\n- ${article}: ${price}\n${/rows}\n",
        "values": {"name": "Ms Keller", "rows": "{{ nodes.read.output.rows }}"},
    }
    code_fields = frozenset({"template"})
    repeatable = True
    isolated = False

    async def run(self, config: TemplateConfig, context: NodeContext) -> Result:
        """Fill in, in a thread. Raises NodeFailure TEMPLATE_INVALID, TEMPLATE_VALUE_MISSING, TEXT_TOO_LARGE."""
        template = config.template or ""
        if config.path is not None:
            path = resolve_path(context, config.path)
            template = decode_text(await asyncio.to_thread(read_bytes, path, TEMPLATE_LIMIT), "utf-8", path)
        return Result({"text": await asyncio.to_thread(_fill_in, template, config)})


@dataclass(slots=True)
class _Section:
    name: str
    inverted: bool = False
    parts: list["str | _Place | _Section"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    escaped: bool


def _fill_in(template: str, config: TemplateConfig) -> str:
    parts, size = [], 0
    for part in _Filling(config).parts(_parsed(template), [config.values]):
        size += len(part)
        if size > OUTPUT_LIMIT:
            raise NodeFailure("TEXT_TOO_LARGE", f"The text grows beyond {OUTPUT_LIMIT:,} characters; give fewer rows.")
        parts.append(part)
    return "".join(parts)


def _parsed(template: str) -> _Section:
    open_sections = [_Section("")]
    position = 0
    for tag in _TAG.finditer(template):
        before, after = template[position : tag.start()], tag.end()
        name = tag[1].strip()
        kind = name[:1] if name[:1] in _KINDS else ""
        name = name.removeprefix(kind).strip()
        if kind and kind != "&":
            # A section's tag that stands alone takes its whole line with it.
            line = re.compile(r"[ \t]*(?:\r?\n|\Z)").match(template, after)
            lead = before.rpartition("\n")
            if line and not lead[2].strip(" \t") and (lead[1] or position == 0 or template[position - 1] == "\n"):
                before, after = lead[0] + lead[1], line.end()
        open_sections[-1].parts.append(before)
        position = after
        line_number = template.count("\n", 0, tag.start()) + 1
        if kind in ("#", "^"):
            if len(open_sections) > DEPTH_LIMIT:
                raise NodeFailure("TEMPLATE_INVALID", f"Line {line_number}: more than {DEPTH_LIMIT} sections inside.")
            section = _Section(name, inverted=kind == "^")
            open_sections[-1].parts.append(section)
            open_sections.append(section)
        elif kind == "/":
            if open_sections[-1].name != name or len(open_sections) == 1:
                raise NodeFailure(
                    "TEMPLATE_INVALID", f"Line {line_number}: ${{/{name}}} ends a section that is not open."
                )
            open_sections.pop()
        elif kind != "!":
            if not name:
                raise NodeFailure("TEMPLATE_INVALID", f"Line {line_number}: the braces hold no name.")
            open_sections[-1].parts.append(_Place(name, escaped=kind != "&"))
    if len(open_sections) > 1:
        raise NodeFailure("TEMPLATE_INVALID", f"${{#{open_sections[-1].name}}} has no end; add its ${{/…}}.")
    open_sections[0].parts.append(template[position:])
    return open_sections[0]


class _Filling:
    """Walks a template. `around` are the values that are seen, the innermost last."""

    def __init__(self, config: TemplateConfig) -> None:
        self._config = config

    def parts(self, section: _Section, around: Sequence[Any]) -> Iterator[str]:
        for part in section.parts:
            if isinstance(part, str):
                yield part
            elif isinstance(part, _Place):
                yield self._text(part, around)
            else:
                for inner in self._turns(part, self._lookup(part.name, around)):
                    yield from self.parts(part, [*around, inner])

    def _turns(self, section: _Section, value: Any) -> list[Any]:
        """What is seen inside the section, once for each time it shows."""
        empty = value is None or value is False or value in ("", [], {})
        if section.inverted:
            return [None] if empty else []
        if isinstance(value, list):
            return value
        return [] if empty else [value]

    def _text(self, place: _Place, around: Sequence[Any]) -> str:
        value = self._lookup(place.name, around)
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return html.escape(text) if place.escaped and self._config.escape == "html" else text

    def _lookup(self, name: str, around: Sequence[Any]) -> Any:
        if name == ".":
            return around[-1]
        first, *rest = name.split(".")
        holder = next((seen for seen in reversed(around) if isinstance(seen, dict) and first in seen), None)
        value = holder[first] if holder is not None else _MISSING
        for key in rest:
            value = value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
        if value is not _MISSING:
            return value
        if self._config.missing == "empty":
            return None
        there: list[Json] = sorted({key for seen in around if isinstance(seen, dict) for key in seen})
        raise NodeFailure(
            "TEMPLATE_VALUE_MISSING",
            f"There is no value for ${{{name}}}; there are: {', '.join(map(str, there[:30])) or 'none'}.",
            details={"name": name},
        )


NODES = (TextTemplate,)
