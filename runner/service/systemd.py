"""A systemd unit of the user (Linux): starts with the graphical session, or at the first log-in where there is none."""

from pathlib import Path

from runner.service.definition import RESTART_SECONDS, Definition, Steps

FOLDER = Path(".config/systemd/user")


def steps(service: Definition, user_home: Path) -> Steps:
    """The unit and the calls of systemctl."""
    unit = f"{service.name}.service"
    control = ("systemctl", "--user")
    return Steps(
        files={user_home / FOLDER / unit: unit_text(service)},
        install=((*control, "daemon-reload"), (*control, "enable", unit), (*control, "restart", unit)),
        remove=((*control, "disable", "--now", unit),),
        removed=((*control, "daemon-reload"),),
        status=(*control, "status", "--no-pager", unit),
        notes=(
            f"Its output: journalctl --user -u {unit}",
            "It starts with the desktop's session, as that announces itself to systemd (graphical-session.target)."
            if service.has_screen
            else "It ends with the last log-out; `loginctl enable-linger` keeps it running.",
        ),
    )


def unit_text(service: Definition) -> str:
    """The unit's file."""
    environment = "\n".join(f"Environment={quoted(f'{name}={value}')}" for name, value in service.environment.items())
    command = " ".join(quoted(part).replace("$", "$$") for part in service.command)
    # Where there is a screen, nothing may start it before that screen's name is known.
    target = "graphical-session.target" if service.has_screen else "default.target"
    with_screen = f"After={target}\nPartOf={target}\n" if service.has_screen else ""
    return f"""\
# Written by `exekra-runner service install`.
[Unit]
Description=Exekra runner
Documentation=man:systemd.service(5)
{with_screen}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
{environment}
# The session hands these over to systemd when it starts.
PassEnvironment=DISPLAY WAYLAND_DISPLAY XAUTHORITY XDG_SESSION_ID XDG_SESSION_TYPE DBUS_SESSION_BUS_ADDRESS
Restart=always
RestartSec={RESTART_SECONDS}
# The first signal lets running executions end; the runner itself ends them when their time is up.
KillMode=mixed
TimeoutStopSec={service.stop_seconds}
UMask=0077

[Install]
WantedBy={target}
"""


def quoted(text: str) -> str:
    """A word as systemd reads it: specifiers and quotes stand for themselves."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
