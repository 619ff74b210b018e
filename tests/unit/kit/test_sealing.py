"""Sealed values open where they belong, under the keys that are known, and nowhere else."""

import pytest

from services.kit.sealing import Binding, Sealer, SealingError

OLD, NEW = "0a" * 32, "b1" * 32
HERE = Binding("webhook", "018f", 1)


def test_a_sealed_value_opens_where_it_belongs() -> None:
    sealer = Sealer.parse(OLD)
    envelope = sealer.seal(b"secret", HERE)
    assert b"secret" not in envelope
    assert sealer.open(envelope, HERE) == b"secret"


def test_an_empty_value_can_be_sealed() -> None:
    sealer = Sealer.parse(OLD)
    assert sealer.open(sealer.seal(b"", HERE), HERE) == b""


def test_equal_values_never_look_equal() -> None:
    sealer = Sealer.parse(OLD)
    assert sealer.seal(b"secret", HERE)[9:] != sealer.seal(b"secret", HERE)[9:]


@pytest.mark.parametrize(
    "elsewhere",
    [Binding("credential", "018f", 1), Binding("webhook", "018e", 1), Binding("webhook", "018f", 2)],
    ids=["another kind", "another row", "another version"],
)
def test_an_envelope_does_not_open_elsewhere(elsewhere: Binding) -> None:
    sealer = Sealer.parse(OLD)
    with pytest.raises(SealingError, match="belongs elsewhere"):
        sealer.open(sealer.seal(b"secret", HERE), elsewhere)


def test_every_changed_byte_is_noticed() -> None:
    sealer = Sealer.parse(OLD)
    envelope = sealer.seal(b"secret", HERE)
    for place in range(len(envelope)):
        changed = bytearray(envelope)
        changed[place] ^= 1
        with pytest.raises(SealingError):
            sealer.open(bytes(changed), HERE)
    with pytest.raises(SealingError, match="no sealed value"):
        sealer.open(envelope[:40], HERE)


def test_the_parts_of_a_binding_cannot_be_shifted() -> None:
    assert Binding("a", "b,1", 1).encode() != Binding("a,b", "1", 1).encode()


def test_keys_rotate_without_opening_values() -> None:
    envelope = Sealer.parse(OLD).seal(b"secret", HERE)
    rotating = Sealer.parse(f"{NEW}\n{OLD}\n")
    assert rotating.open(envelope, HERE) == b"secret"
    assert not rotating.is_current(envelope)
    moved = rotating.rewrap(envelope, HERE)
    assert rotating.is_current(moved)
    assert Sealer.parse(NEW).open(moved, HERE) == b"secret"
    with pytest.raises(SealingError, match="not in the vault key file"):
        Sealer.parse(NEW).open(envelope, HERE)


@pytest.mark.parametrize("text", ["", "\n", "abc", OLD + "\nxyz", "0a" * 31])
def test_a_malformed_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SealingError) as caught:
        Sealer.parse(text)
    assert "xyz" not in str(caught.value)
    assert OLD not in str(caught.value)
