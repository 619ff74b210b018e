"""What the sealed values of a webhook are bound to: its trigger, and for secrets the number of their change."""

from services.kit.sealing import Binding

TOKEN_KIND = "webhook.token"  # noqa: S105 - a name
SECRET_KIND = "webhook.secret"  # noqa: S105 - a name


def token_of(trigger_id: str) -> Binding:
    """The token in the trigger's address; it never changes."""
    return Binding(TOKEN_KIND, trigger_id, 1)


def secret_of(trigger_id: str, version: int) -> Binding:
    """A secret, as many changes after the first."""
    return Binding(SECRET_KIND, trigger_id, version)
