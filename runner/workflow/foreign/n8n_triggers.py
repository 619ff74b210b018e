"""n8n's triggers: the data they bring, and what trigger to make in their place."""

from collections.abc import Mapping
from typing import Any

from runner.workflow.foreign.model import Note, Piece
from runner.workflow.foreign.scope import Scope

BASE = "n8n-nodes-base."
_BY_HAND = frozenset({"manualTrigger", "start"})
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def trigger_of(piece: Piece, notes: list[Note]) -> Scope | None:
    """The data a trigger brings; None for a node that is none."""
    kind = piece.kind.removeprefix(BASE)
    if kind in _BY_HAND:
        return Scope("inputs")
    if kind == "webhook":
        method, path = piece.config.get("httpMethod", "GET"), piece.config.get("path", "")
        notes.append(Note(piece.name, "trigger", f"Make a webhook trigger; it was {method} /{path} there."))
        if piece.config.get("authentication", "none") != "none":
            notes.append(
                Note(piece.name, "trigger", f"It asked for {piece.config['authentication']}; set the trigger's auth.")
            )
        names = ("body", "headers", "query")
        return Scope(None, {name: Scope(f"inputs.webhook.{name}") for name in names})
    if kind in ("scheduleTrigger", "cron", "interval"):
        schedules = _schedules(kind, piece.config) or ["an interval of your choice"]
        notes.extend(Note(piece.name, "trigger", f"Make a schedule trigger: {times}.") for times in schedules)
        return Scope()
    if kind == "executeWorkflowTrigger":
        notes.append(Note(piece.name, "trigger", "Another workflow called it: declare its data as inputs."))
        return Scope("inputs")
    if kind.endswith("Trigger"):
        notes.append(
            Note(piece.name, "trigger", f"There is no trigger like {piece.kind}; a webhook may take its place.")
        )
        return Scope()
    return None


def _schedules(kind: str, config: Mapping[str, Any]) -> list[str]:
    if kind == "interval":
        return [f"every {config.get('interval', 1)} {config.get('unit', 'seconds')}"]
    if kind == "cron":
        times = config.get("triggerTimes")
        return [_older(entry) for entry in _entries(times, "item")]
    return [_newer(entry) for entry in _entries(config.get("rule"), "interval")]


def _entries(value: Any, member: str) -> list[Mapping[str, Any]]:
    listed = value.get(member) if isinstance(value, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _newer(entry: Mapping[str, Any]) -> str:
    field = entry.get("field", "days")
    minute, hour = entry.get("triggerAtMinute", 0), entry.get("triggerAtHour", 0)
    match field:
        case "cronExpression":
            return _cron(str(entry.get("expression", "")))
        case "seconds" | "minutes":
            return f"every {entry.get(f'{field}Interval', 30 if field == 'seconds' else 5)} {field}"
        case "hours":
            return f'cron "{minute} */{entry.get("hoursInterval", 1)} * * *"'
        case "days":
            every = entry.get("daysInterval", 1)
            return f'cron "{minute} {hour} * * *"' + ("" if every == 1 else f", but only every {every} days")
        case "weeks":
            days = [_WEEKDAYS[day] for day in entry.get("triggerAtDay", [0]) if isinstance(day, int) and 0 <= day < 7]
            every = entry.get("weeksInterval", 1)
            text = f'cron "{minute} {hour} * * {",".join(days) or "SUN"}"'
            return text + ("" if every == 1 else f", but only every {every} weeks")
        case "months":
            return f'cron "{minute} {hour} {entry.get("triggerAtDayOfMonth", 1)} */{entry.get("monthsInterval", 1)} *"'
    return f"as {field}"


def _older(entry: Mapping[str, Any]) -> str:
    minute, hour = entry.get("minute", 0), entry.get("hour", 14)
    match entry.get("mode", "everyDay"):
        case "everyMinute":
            return 'cron "* * * * *"'
        case "everyHour":
            return f'cron "{minute} * * * *"'
        case "everyWeek":
            return f'cron "{minute} {hour} * * {entry.get("weekday", "1")}"'
        case "everyMonth":
            return f'cron "{minute} {hour} {entry.get("dayOfMonth", 1)} * *"'
        case "everyX":
            return f"every {entry.get('value', 2)} {entry.get('unit', 'hours')}"
        case "custom":
            return _cron(str(entry.get("cronExpression", "")))
    return f'cron "{minute} {hour} * * *"'


def _cron(expression: str) -> str:
    fields = expression.split()
    if len(fields) == 6:
        return f'cron "{" ".join(fields[1:])}" (its seconds, {fields[0]}, have no equivalent)'
    return f'cron "{expression}"'
