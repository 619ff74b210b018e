"""The runner as a service of the person who is signed in, so that it can use that person's screen.

`definition` is what any system needs to know; `systemd`, `launchd` and `windows_task` write it their way; `installing`
carries it out. A service of the machine would have no screen: what is written here starts at log-on and ends with it.
"""
