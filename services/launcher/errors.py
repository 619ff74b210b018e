"""What the launcher refuses. The message is the whole story: one sentence that says what to do next."""


class LaunchRefusedError(Exception):
    """The Hub cannot start or stop as asked; the text tells the person what to change."""


class ChildFailedError(Exception):
    """A process of the Hub ended or did not become ready; the text names it and the log that tells why."""
