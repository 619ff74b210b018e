"""What a candidate means on a page: a Playwright locator. All kinds but XPath see through open shadow roots."""

from playwright.async_api import Frame, Locator

from runner.selectors.model import Candidate, Relation


def locate(scope: Frame | Locator, candidate: Candidate) -> Locator:
    """Everything in the frame, or inside an element, that the candidate fits."""
    value = candidate.value
    match candidate.strategy:
        case "id":
            return scope.locator(f"css=[id={_quoted(value)}]")
        case "data":
            name, equals, content = value.partition("=")
            return scope.locator(f"css=[{name}={_quoted(content)}]" if equals else f"css=[{name}]")
        case "name":
            return scope.locator(f"css=[name={_quoted(value)}]")
        case "placeholder":
            kind, bar, text = value.partition("|")
            if not bar:
                return scope.locator(f"css=[placeholder={_quoted(value)}]")
            return scope.locator(f"css=[type={_quoted(kind)}][placeholder={_quoted(text)}]")
        case "text":
            return scope.get_by_text(value, exact=True)
        case "label":
            return scope.get_by_label(value, exact=True)
        case "role":
            role, colon, name = (part.strip() for part in value.partition(":"))
            # Any role may stand in a page; the library's list of literals is for its checkers only.
            named = f"[name={_quoted(name)}s]" if colon else ""
            return scope.locator(f"role={role}{named}")
        case "xpath":
            return scope.locator(f"xpath={value}")
        case "class" | "path" | "css":
            return scope.locator(f"css={value}")


def stand_by(scope: Frame, anchor: Locator, relation: Relation, candidate: Candidate | None) -> Locator:
    """What stands so by the anchor and fits the candidate; without one, whatever stands there."""
    if relation == "descendant":
        return locate(anchor, candidate) if candidate else anchor.locator("css=*")
    around = anchor.locator(f"xpath={_AXES[relation]}::*")
    if candidate is not None:
        around = around.and_(locate(scope, candidate))
    # Locators are in the order of the document: the nearest one before the anchor is the last.
    return around.first if relation in {"nextSibling", "firstChild"} else around.last


_AXES: dict[Relation, str] = {
    "nextSibling": "following-sibling",
    "previousSibling": "preceding-sibling",
    "firstChild": "child",
    "lastChild": "child",
}


def _quoted(text: str) -> str:
    """A CSS string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ").replace("\r", "\\d ")
    return f'"{escaped}"'
