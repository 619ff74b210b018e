"""Workflows as files, to be kept in git: written from a Hub, compared with one, and brought into one."""
