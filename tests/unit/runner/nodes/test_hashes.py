import base64
import hashlib
import hmac

import pytest


async def test_texts_values_and_files_are_hashed(place):
    place.write("a.bin", b"x" * 1_000_000)
    assert await place.run("data.hash", text="ü") == {
        "hash": hashlib.sha256("ü".encode()).hexdigest(),
        "algorithm": "sha256",
        "size": 2,
    }
    assert (await place.run("data.hash", path="a.bin", algorithm="md5"))["hash"] == hashlib.md5(
        b"x" * 1_000_000
    ).hexdigest()
    same = [await place.run("data.hash", value=value) for value in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    assert same[0] == same[1]
    assert (await place.run("data.hash", value=None))["size"] == 4


async def test_a_key_makes_it_an_hmac(place):
    output = await place.run("data.hash", text="body", key="secret", algorithm="sha512", encoding="base64")
    assert base64.b64decode(output["hash"]) == hmac.digest(b"secret", b"body", "sha512")


async def test_one_source_is_needed_and_a_missing_file_says_so(place):
    for config in ({}, {"text": "a", "path": "b"}):
        with pytest.raises(ValueError, match="one of"):
            await place.run("data.hash", **config)
    assert (await place.fail("data.hash", path="no")).code == "FILE_NOT_FOUND"
    assert (await place.fail("data.hash", path=".")).code == "FILE_IS_FOLDER"
    assert (await place.fail("data.hash", text="\ud800")).code == "TEXT_INVALID"
