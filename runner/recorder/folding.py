"""Makes what a person meant of what happened: one step for a text typed letter by letter, none for a click into it.

Pure. Works on the list as it grows: each happening changes at most the last steps.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from runner.recorder.messages import Action, Check, Click, Fill, Happening, Press, Select, Upload, Visit

MOST_AT_ONCE: Final = 3
"""Clicks of one step; whoever clicks on quickly does so in several."""
_FINAL = (Fill, Select, Check, Upload)
"""What they tell is how the element is now, so the last one counts."""


def fold(happenings: Iterable[Happening]) -> list[Happening]:
    """The steps to repeat, in order."""
    steps: list[Happening] = []
    for happening in happenings:
        match happening:
            case Action():
                _add_action(steps, happening)
            case Visit():
                _add_visit(steps, happening)
            case _:
                steps.append(happening)
    return steps


def _add_action(steps: list[Happening], action: Action) -> None:
    before = steps[-1] if steps and isinstance(steps[-1], Action) else None
    if before is None:
        steps.append(_single(action))
        return
    told, earlier = action.told, before.told
    if isinstance(told, _FINAL) and _is_replaced(before, action):
        steps.pop()
        # The click into the field may stand before its first letter.
        _add_action(steps, action)
    elif isinstance(told, Click) and isinstance(earlier, Click) and _goes_on(before, action):
        steps[-1] = action
    elif isinstance(told, Click) and told.by_keyboard and isinstance(earlier, Press):
        # Enter in a field presses the form's button: the button is what is meant.
        steps[-1] = _single(action)
    else:
        steps.append(_single(action))


def _single(action: Action) -> Action:
    """A click that begins something; what the browser counts goes on over elements and for as long as one is quick."""
    if not isinstance(action.told, Click):
        return action
    return replace(action, told=action.told.model_copy(update={"count": 1}))


def _goes_on(before: Action, action: Action) -> bool:
    """Whether a click is the second or third at once on the same element."""
    assert isinstance(before.told, Click)
    assert isinstance(action.told, Click)
    return (
        _same(before, action) and 1 < action.told.count <= MOST_AT_ONCE and action.told.count == before.told.count + 1
    )


def _is_replaced(before: Action, action: Action) -> bool:
    """Whether the step before says no more than this one: the same field's older state, or the click into it."""
    if not _same(before, action):
        return False
    return type(before.told) is type(action.told) or (isinstance(before.told, Click) and isinstance(action.told, Fill))


def _add_visit(steps: list[Happening], visit: Visit) -> None:
    """An address that led on at once was not the aim."""
    if steps and isinstance(steps[-1], Visit) and steps[-1].tab == visit.tab:
        steps[-1] = visit
    else:
        steps.append(visit)


def _same(before: Action, action: Action) -> bool:
    return before.place == action.place and _known_by(before) == _known_by(action)


def _known_by(action: Action) -> tuple[str, ...]:
    """Without what changes while somebody types: classes, texts, the type of a password that is shown."""
    element = action.element
    return (element.tag, element.id, element.name, element.path)
