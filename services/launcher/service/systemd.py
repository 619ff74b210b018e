"""Units of systemd (Linux): of the machine for root, of the user for everybody else."""

from pathlib import Path

from runner.service.definition import RESTART_SECONDS, Steps
from runner.service.systemd import quoted
from services.launcher.service.definition import HubService

MACHINE_FOLDER = Path("/etc/systemd/system")
USER_FOLDER = Path(".config/systemd/user")
OPEN_FILES = 65_536
"""Each runner, browser and webhook sender is one; the usual 1,024 would end the fleet's growth."""


def steps(service: HubService, user_home: Path, machine_folder: Path = MACHINE_FOLDER) -> Steps:
    """The unit and the calls of systemctl."""
    unit = f"{service.name}.service"
    folder = machine_folder if service.of_machine else user_home / USER_FOLDER
    control = ("systemctl",) if service.of_machine else ("systemctl", "--user")
    journal = "journalctl" if service.of_machine else "journalctl --user"
    notes = [f"Its output: {journal} -u {unit}; that of its processes: {service.home / 'logs'}"]
    if not service.of_machine:
        notes.append("It starts at your log-on and ends with your last log-out; to keep it: loginctl enable-linger")
    return Steps(
        files={folder / unit: unit_text(service)},
        install=((*control, "daemon-reload"), (*control, "enable", unit), (*control, "restart", unit)),
        remove=((*control, "disable", "--now", unit),),
        removed=((*control, "daemon-reload"),),
        status=(*control, "status", "--no-pager", unit),
        notes=tuple(notes),
    )


def unit_text(service: HubService) -> str:
    """The unit's file."""
    network = "Wants=network-online.target\nAfter=network-online.target\n" if service.of_machine else ""
    account = f"User={service.account}\n" if service.of_machine else ""
    return f"""\
# Written by `exekra service install`.
[Unit]
Description=Exekra Hub ({_plain(service.home)})
Documentation=man:systemd.service(5)
{network}# A database that is away at boot comes later: try for as long as it takes.
StartLimitIntervalSec=0

[Service]
Type=exec
{account}WorkingDirectory={_plain(service.home)}
EnvironmentFile={_plain(service.settings)}
ExecStart={" ".join(quoted(part).replace("$", "$$") for part in service.command)}
Restart=on-failure
RestartSec={RESTART_SECONDS}
# The first signal drains it; it stops its own processes in order, the database last.
KillMode=mixed
TimeoutStopSec={service.stop_seconds}
# An execution that takes all memory is ended alone.
OOMPolicy=continue
LimitNOFILE={OPEN_FILES}
UMask=0077

[Install]
WantedBy={"multi-user.target" if service.of_machine else "default.target"}
"""


def _plain(path: Path) -> str:
    """A path that takes the rest of its line: quotes stand for themselves, specifiers must be made to."""
    return str(path).replace("%", "%%")
