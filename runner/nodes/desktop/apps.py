"""Programs and their windows: start one, find one, wait for what comes and goes."""

import time
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.desktop.model import Window, WindowQuery, only_window
from runner.desktop.programs import Program, Programs
from runner.nodes.base import NodeConfig, NodeContext
from runner.nodes.desktop.desk import Desk
from runner.nodes.desktop.family import DesktopNode
from runner.nodes.desktop.fields import (
    DesktopConfig,
    ImageField,
    OptionalArea,
    OptionalWindow,
    TimeoutSeconds,
    WindowField,
)
from runner.nodes.paths import resolve_path
from runner.workflow.documents import Json

_PROGRAMS: Final = "programs"


class StartAppConfig(NodeConfig):
    """Config of desktop.startApp."""

    program: str = Field(min_length=1, title="Program", description="Its name, or the path of its file.")
    arguments: list[str] = Field(
        default_factory=list, max_length=200, title="Arguments", description="Each one as it is; no shell reads them."
    )
    folder: str = Field(".", min_length=1, title="Folder", description="Where it starts.")
    wait_for_window: bool = Field(True, title="Wait for its window", description="Go on once a window is there.")
    window: OptionalWindow = Field(
        None, title="Window", description="Which one, when it is not one of the started process itself."
    )
    timeout_seconds: TimeoutSeconds = 30
    keep_open: bool = Field(
        False, title="Leave open", description="Let the program live on when the execution ends by itself."
    )


class StartApp(DesktopNode[StartAppConfig]):
    """desktop.startApp: output `{pid, window}`; `window` as desktop.findWindow describes it, or null."""

    type = "desktop.startApp"
    title = "Start program"
    help = "Starts a program and waits for its window."
    icon = "player-play"
    config = StartAppConfig
    example: ClassVar[dict[str, Any]] = {"program": "gnome-calculator", "timeoutSeconds": 20}

    async def act(self, config: StartAppConfig, desk: Desk) -> Json:
        """Start it. Raises DesktopError APP_*, and WINDOW_NOT_FOUND when no window comes in time."""
        context = desk.context
        programs = context.resources.get(_PROGRAMS)
        if programs is None:
            programs = Programs()
            context.resources.keep(_PROGRAMS, programs)
        assert isinstance(programs, Programs)
        program = programs.start(
            [_program(config.program, context), *config.arguments],
            resolve_path(context, config.folder),
            context.workdir / f".{context.node_id}-output.txt",
            stays=config.keep_open,
        )
        if not config.wait_for_window:
            return {"pid": program.pid, "window": None}
        window = await desk.until(config.timeout_seconds, lambda: _window_of(program, config.window, desk))
        return {"pid": program.pid, "window": window.as_json()}


class FindWindowConfig(NodeConfig):
    """Config of desktop.findWindow."""

    window: WindowField = Field(title="Window", description="Which window.")
    timeout_seconds: TimeoutSeconds = 10
    activate: bool = Field(True, title="Bring to front", description="Give it the keyboard as well.")


class FindWindow(DesktopNode[FindWindowConfig]):
    """desktop.findWindow: output `{id, title, className, pid, active, x, y, width, height}`; pixels of the screen."""

    type = "desktop.findWindow"
    title = "Find window"
    help = "Finds a window by its title, class or process and brings it to the front."
    icon = "list-search"
    config = FindWindowConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "timeoutSeconds": 20}
    repeatable = True

    async def act(self, config: FindWindowConfig, desk: Desk) -> Json:
        """Look until it is there. Raises DesktopError WINDOW_NOT_FOUND with the titles, WINDOW_AMBIGUOUS."""

        async def attempt() -> Window:
            if not config.activate:
                return await desk.window(config.window)
            async with desk.turn():
                window = await desk.to_front(config.window)
            assert window is not None
            return window

        return (await desk.until(config.timeout_seconds, attempt)).as_json()


class WaitConfig(DesktopConfig):
    """Config of desktop.wait."""

    until: Literal["windowAppears", "windowVanishes", "imageAppears", "imageVanishes"] = Field(
        "windowAppears", title="Until", description="What is waited for."
    )
    image: ImageField | None = Field(None, title="Picture", description="What is looked for on the screen.")
    area: OptionalArea = None
    timeout_seconds: TimeoutSeconds = 30

    @model_validator(mode="after")
    def _has_its_object(self) -> Self:
        if self.until.startswith("window") and self.window is None:
            raise ValueError("say which window is waited for")
        if self.until.startswith("image") and self.image is None:
            raise ValueError("say which picture is waited for")
        return self


class Wait(DesktopNode[WaitConfig]):
    """desktop.wait: output `{seconds}`, how long it took. The window is not brought to the front."""

    type = "desktop.wait"
    title = "Wait for screen"
    help = "Waits until a window or a picture is on the screen, or is gone."
    icon = "hourglass"
    config = WaitConfig
    example: ClassVar[dict[str, Any]] = {"until": "windowVanishes", "window": {"title": "Please wait"}}
    repeatable = True

    async def act(self, config: WaitConfig, desk: Desk) -> Json:
        """Look again and again. Raises DesktopError WINDOW_NOT_FOUND, IMAGE_NOT_FOUND, STILL_THERE."""
        began = time.monotonic()
        template = await desk.template(config.image) if config.image and config.until.startswith("image") else None
        vanishes = config.until.endswith("Vanishes")

        async def present() -> None:
            if template is None:
                assert config.window is not None
                query, there_are = config.window.query(), await desk.windows()
                only_window(query.select(there_are)[:1], query, there_are)
                return
            assert config.image is not None
            window = None if config.window is None else await desk.window(config.window)
            area = None if config.area is None else config.area.region()
            found = await desk.match(template, config.image, await desk.look(await desk.region(window, area)))
            if not found.matches:
                raise found.failure(config.image.confidence)

        if not vanishes:
            await desk.until(config.timeout_seconds, present)
        else:
            await desk.until_gone(config.timeout_seconds, present)
        return {"seconds": round(time.monotonic() - began, 3)}


def _program(name: str, context: NodeContext) -> str:
    """A path is the node's; a bare name is looked for where the system keeps programs."""
    is_path = "/" in name or "\\" in name or name.startswith("~")
    return str(resolve_path(context, name)) if is_path and not Path(name).is_absolute() else name


async def _window_of(program: Program, field: WindowField | None, desk: Desk) -> Window:
    program.check()
    if field is not None:
        return await desk.window(field)
    processes = program.processes()
    there_are = await desk.windows()
    own = [window for window in there_are if window.pid in processes]
    # The front one: a splash screen or a first dialog counts as well as the main window.
    return only_window(own[:1], WindowQuery(pid=program.pid), there_are)


NODES = (StartApp, FindWindow, Wait)
