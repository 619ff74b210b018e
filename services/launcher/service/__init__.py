"""The Hub as a service of its machine: started at boot or at log-on, again when it fails, drained when it stops.

`definition` is what any system needs to know; `systemd` and `launchd` write it their way; `settings_file` keeps the
environment it was installed from. Files and commands are carried out as the runner's service does
(`runner.service.installing`).
"""
