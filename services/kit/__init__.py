"""Mechanisms without a business noun, shared by every service. Nothing here knows a workflow, a runner or a user."""
