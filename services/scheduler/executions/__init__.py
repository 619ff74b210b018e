"""Executions: accepted, dispatched, acknowledged, ended. Owns every decision about them, but not their evidence."""
