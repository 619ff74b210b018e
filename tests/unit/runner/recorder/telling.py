"""Messages as the recorder's script in a page sends them."""

from runner.recorder.messages import Action, Check, Click, Fill, Place, Press, Select, Upload

KINDS = {"click": Click, "fill": Fill, "select": Select, "check": Check, "upload": Upload, "press": Press}


def told(kind, path="html > body > input", **more):
    """One message; what is not said of the element is empty."""
    element = {"tag": "input", "path": path, **more.pop("element", {})}
    return KINDS[kind].model_validate({"kind": kind, "element": element, **more})


def action(kind, path="html > body > input", tab=0, frames=(), **more):
    """The same, done in a tab."""
    return Action(Place(tab, frames), told(kind, path, **more))
