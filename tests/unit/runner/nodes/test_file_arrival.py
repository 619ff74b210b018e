import asyncio

from runner.nodes.file_arrival import WaitForFileConfig, oldest_resting


def test_only_a_file_that_no_longer_changes_rests(place):
    config = WaitForFileConfig(pattern="*.csv", stable_seconds=2)
    resting = {}
    path = place.write("a.csv", "1")
    assert oldest_resting(place.workdir, config, resting, now=0) is None
    assert oldest_resting(place.workdir, config, resting, now=1.9) is None
    place.write("a.csv", "12")
    assert oldest_resting(place.workdir, config, resting, now=2) is None
    assert oldest_resting(place.workdir, config, resting, now=4)["path"] == str(path)


async def test_waiting_ends_with_a_file_that_comes_later(place):
    waiting = asyncio.create_task(
        place.run("files.waitFor", folder="in", pattern="*.csv", stableSeconds=0, pollSeconds=0.05)
    )
    await asyncio.sleep(0)
    assert not waiting.done()
    place.write("in/a.csv", "1")
    assert (await asyncio.wait_for(waiting, 30))["name"] == "a.csv"


async def test_waiting_in_vain_is_a_retryable_failure(place):
    failure = await place.fail("files.waitFor", pattern="*.csv", timeoutSeconds=0.05, pollSeconds=0.05)
    assert (failure.code, failure.retryable) == ("FILE_WAIT_TIMEOUT", True)
