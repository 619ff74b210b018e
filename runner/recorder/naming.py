"""The selector of a recorded element: the ranked candidates that meant it alone when it was touched. Pure.

A candidate that fitted several elements is left out although the next one would do: on the day when only another one
of them is left, it would mean that one.
"""

from collections.abc import Collection

from runner.recorder.messages import Told
from runner.selectors.generated import looks_generated
from runner.selectors.model import WEAK, Anchor, Candidate, Selector
from runner.selectors.ranking import Description, candidates_for


def selector_of(told: Told) -> Selector:
    """What a node's config names the element by."""
    element = Description.from_json(told.element)
    single = [candidate for candidate in candidates_for(element) if _is_single(candidate, element, told)]
    if told.anchor is not None and all(_is_fleeting(candidate) for candidate in single):
        beside = Anchor(relation=told.anchor.relation, candidates=[Candidate(strategy="text", value=told.anchor.text)])
        return Selector(candidates=[Candidate(strategy="css", value=element.tag)], anchor=beside)
    return Selector(candidates=single or [Candidate(strategy="css", value=element.tag or "*")])


def frame_selector(element: Description) -> Selector:
    """The same for the element of a frame, whose rivals nobody counted."""
    return Selector(candidates=candidates_for(element) or [Candidate(strategy="css", value="iframe")])


def _is_single(candidate: Candidate, element: Description, told: Told) -> bool:
    match candidate.strategy:
        case "path":
            return True
        case "class":
            return _bearers(candidate, element, told.classmates) == 1
        case "data":
            return told.counts.get(candidate.value.partition("=")[0], 1) == 1
        case strategy:
            return told.counts.get(strategy, 1) == 1


def _bearers(candidate: Candidate, element: Description, classmates: Collection[Collection[str]]) -> int:
    """How many elements bear all classes that the candidate names."""
    named = {name for name in element.classes if f".{name}" in candidate.value}
    return sum(named <= {*classes} for classes in classmates)


def _is_fleeting(candidate: Candidate) -> bool:
    return candidate.strategy in WEAK or (candidate.strategy == "id" and looks_generated(candidate.value))
