"""Executions that do not begin at their beginning: forks, resumed waits, called workflows; and approvals."""
