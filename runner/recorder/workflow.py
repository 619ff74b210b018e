"""The workflow that repeats recorded steps: one node for each, in a row. Pure.

Passwords are no part of a recording: their fields are filled from a credential that has to be made in the Hub, and
files to upload are inputs of the workflow, since a page does not know where they are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from runner.recorder.messages import (
    Action,
    Check,
    Click,
    Fill,
    Happening,
    Place,
    Press,
    Select,
    TabClosed,
    TabOpened,
    Told,
    Upload,
    Visit,
)
from runner.recorder.naming import frame_selector, selector_of
from runner.selectors.model import Selector
from runner.selectors.ranking import Description

CREDENTIAL: Final = "login"
"""The name of the credential that recorded secrets are read from."""
_ROW: Final = 8
_SPACING: Final = (240, 140)
_LABEL: Final = 40


@dataclass(frozen=True, slots=True)
class Recorded:
    """A graph as it is imported, and what a person must know or do before it runs."""

    graph: dict[str, Any]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    nodes: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    """Field of the credential by what the page's field is known by."""
    remarks: list[str] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    tabs: list[int] = field(default_factory=lambda: [0])

    def add(self, kind: str, name: str, config: dict[str, Any], description: str = "") -> None:
        number = len(self.nodes)
        family, _, verb = kind.partition(".")
        across, down = _SPACING
        node = {
            "id": f"{verb}{number}" if family == "browser" else verb,
            "type": kind,
            "name": name,
            "config": config,
            "position": {"x": number % _ROW * across, "y": number // _ROW * down},
        }
        self.nodes.append(node | ({"description": description} if description else {}))


def workflow_of(url: str, steps: Iterable[Happening], *, dialogs: bool = False, missed: int = 0) -> Recorded:
    """The graph that opens `url` and repeats the steps.

    `dialogs`: a page asked something, which was accepted. `missed`: how much was done that could not be recorded.
    """
    draft = _Draft()
    if missed:
        draft.remarks.append(f"{missed} of the things done could not be recorded; look through the steps.")
    draft.add("control.start", "Start", {})
    draft.add("browser.open", f"Open {_host(url)}", {"url": _literal(url)} | ({"dialogs": "accept"} if dialogs else {}))
    for step in steps:
        _add(draft, step)
    draft.add("browser.close", "Close the browser", {})
    return Recorded(_graph(draft), tuple(dict.fromkeys(draft.remarks)))


def _add(draft: _Draft, step: Happening) -> None:
    match step:
        case Action(place=place, told=told):
            _go_to_place(draft, place)
            _add_action(draft, told)
        case Visit(tab=tab, url=url):
            _go_to_place(draft, Place(tab))
            draft.add("browser.goto", f"Go to {_host(url)}", {"url": _literal(url)})
        case TabOpened(tab=tab, by_page=by_page):
            draft.tabs.append(tab)
            if not by_page:
                draft.add("browser.tab", "New tab", {"action": "new"})
                draft.place = Place(tab)
        case TabClosed(tab=tab, by_page=by_page):
            _close_tab(draft, tab, by_page=by_page)


def _go_to_place(draft: _Draft, place: Place) -> None:
    """Whatever leads from the tab and frame of the step before to those of the next one."""
    if place.tab != draft.place.tab and place.tab in draft.tabs:
        number = draft.tabs.index(place.tab) + 1
        draft.add("browser.tab", f"Switch to tab {number}", {"action": "switch", "tab": number})
        draft.place = Place(place.tab)
    known = len(draft.place.frames)
    if place.frames[:known] != draft.place.frames:
        draft.add("browser.frame", "Leave the frame", {})
        known = 0
    for frame in place.frames[known:]:
        draft.add("browser.frame", "Enter the frame", {"selector": as_config(frame_selector(frame))})
    draft.place = place


def _close_tab(draft: _Draft, tab: int, *, by_page: bool) -> None:
    if tab not in draft.tabs:
        return
    if not by_page:
        draft.add("browser.tab", "Close the tab", {"action": "close", "tab": draft.tabs.index(tab) + 1})
    draft.tabs.remove(tab)
    if draft.place.tab == tab and draft.tabs:
        # Where the browser's nodes act from then on.
        draft.place = Place(draft.tabs[-1])


def _add_action(draft: _Draft, told: Told) -> None:
    selector, label = as_config(selector_of(told)), _label(told)
    match told:
        case Click():
            more = {
                **({"button": told.button} if told.button != "left" else {}),
                **({"count": 2} if told.count > 1 else {}),
                **({"modifiers": told.modifiers} if told.modifiers else {}),
            }
            draft.add("browser.click", f"Click {label}", {"selector": selector, **more})
        case Fill(secret=True):
            _add_secret(draft, told, selector, label)
        case Fill():
            draft.add("browser.fill", f"Fill in {label}", {"selector": selector, "value": _literal(told.value or "")})
        case Select():
            options = told.options if told.multiple else (told.options or [""])[0]
            draft.add("browser.select", f"Choose {label}", {"selector": selector, "options": _literal(options)})
        case Check():
            name = f"Tick {label}" if told.checked else f"Take the tick from {label}"
            draft.add("browser.check", name, {"selector": selector, "checked": told.checked})
        case Upload():
            _add_upload(draft, told, selector, label)
        case Press():
            _add_press(draft, told, selector, label)


def _add_secret(draft: _Draft, told: Fill, selector: Any, label: str) -> None:
    element = Description.from_json(told.element)
    key = f"{element.id} {element.name} {element.path}"
    name = draft.secrets.get(key)
    if name is None:
        words = re.sub(r"[^A-Za-z0-9]+", " ", element.name or element.id).split()
        wanted = "_".join(words).lower() if words and not words[0][0].isdigit() else "password"
        taken = {*draft.secrets.values()}
        name = next(free for free in (wanted, *(f"{wanted}{n}" for n in range(2, 999))) if free not in taken)
        draft.secrets[key] = name
    draft.add(
        "browser.fill",
        f"Fill in {label}",
        {"selector": selector, "value": f"{{{{ credentials.{CREDENTIAL}.{name} }}}}"},
        "What was typed here is secret and was not recorded; it comes from a credential.",
    )
    draft.remarks.append(
        f"What was typed into {label} was not recorded. Make a credential {CREDENTIAL!r} with a field {name!r} in the "
        "Hub before running the workflow, or name another one in the node."
    )


def _add_upload(draft: _Draft, told: Upload, selector: Any, label: str) -> None:
    paths = []
    for chosen in told.names:
        name = f"file{len(draft.inputs) + 1}"
        described = f"Path of the file for {label}; recorded with {chosen}."
        draft.inputs.append({"name": name, "type": "string", "required": True, "description": described})
        draft.remarks.append(
            f"The file for {label} is the workflow's input {name!r}: pages do not know where files are."
        )
        paths.append(f"{{{{ inputs.{name} }}}}")
    if paths:
        config = {"selector": selector, "paths": paths if len(paths) > 1 else paths[0]}
        draft.add("browser.upload", f"Upload to {label}", config)


def _add_press(draft: _Draft, told: Press, selector: Any, label: str) -> None:
    """A key is pressed by the node that filled the field, or else by one that leaves the field as it is."""
    last = draft.nodes[-1]
    if last["type"] == "browser.fill" and last["config"]["selector"] == selector:
        last["config"]["thenPress"] = told.key
        return
    config = {"selector": selector, "value": "", "append": True, "thenPress": told.key}
    draft.add("browser.fill", f"Press {told.key} in {label}", config)


def as_config(selector: Selector) -> Any:
    """The selector as it stands in a graph."""
    return _literal(selector.model_dump(mode="json", by_alias=True, exclude_none=True))


def _literal(value: Any) -> Any:
    """The value with braces that would begin an expression written as one: what pages say is never evaluated."""
    match value:
        case str():
            return value.replace("{{", "{{ '{{' }}")
        case list():
            return [_literal(each) for each in value]
        case dict():
            return {key: _literal(each) for key, each in value.items()}
    return value


def _label(told: Told) -> str:
    element = Description.from_json(told.element)
    beside = told.anchor.text if told.anchor else ""
    text = element.label or told.label or beside or element.name or element.id or element.tag or "element"
    # A name is shown, never read: what looks like an expression in it is only text, but confuses people.
    text = text.replace("{{", "{").replace("}}", "}")
    return repr(text if len(text) <= _LABEL else text[: _LABEL - 1] + "…")


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc or parts.path.rpartition("/")[2] or url


def _graph(draft: _Draft) -> dict[str, Any]:
    ids = [node["id"] for node in draft.nodes]
    return {
        "schemaVersion": 1,
        **({"inputs": draft.inputs} if draft.inputs else {}),
        "nodes": draft.nodes,
        "edges": [
            {"id": f"e{number}", "from": before, "port": "out", "to": after}
            for number, (before, after) in enumerate(pairwise(ids))
        ],
    }
