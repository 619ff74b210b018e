"""Keys, secrets and the pairing command."""

import shlex

from services.registry.credentials import (
    PairingCommands,
    digest,
    make_machine_key,
    make_machine_secret,
    make_pairing_token,
    matches,
)


def test_secrets_are_long_and_never_the_same():
    makers = (make_machine_key, make_machine_secret, make_pairing_token)
    assert all(len({make() for _ in range(100)}) == 100 for make in makers)
    assert len(make_machine_secret()) >= len("ms_") + 43


def test_only_the_secret_itself_matches_its_digest():
    secret = make_machine_secret()
    assert matches(secret, digest(secret))
    assert not matches(secret + "x", digest(secret))


def test_the_pairing_command_is_one_line_a_shell_reads_back():
    command = PairingCommands("https://hub:4545", "sha256:ab").write("pt_$x")
    assert shlex.split(command) == [
        *("exekra-runner", "pair", "https://hub:4545"),
        *("--token", "pt_$x", "--fingerprint", "sha256:ab"),
    ]
