async def test_a_message_goes_to_the_log_with_its_level(place):
    await place.run("log.message", message="three orders", level="warning")
    assert place.lines == [("warning", "three orders")]


async def test_what_people_are_told_is_the_output_and_a_line(place):
    output = await place.run("log.notify", title="Orders wait", message="17 of them", level="warning")
    assert output == {"title": "Orders wait", "message": "17 of them", "level": "warning"}
    await place.run("log.notify", title="Done")
    assert place.lines == [("warning", "Orders wait: 17 of them"), ("info", "Done")]


async def test_a_kept_file_is_named_and_typed(place):
    place.write("out/report.pdf", "x")
    output = await place.run("log.artifact", path="out/report.pdf")
    assert (output["name"], output["mediaType"], output["size"]) == ("report.pdf", "application/pdf", 1)
    other = await place.run("log.artifact", path="out/report.pdf", name="May", mediaType="text/plain")
    assert (other["name"], other["mediaType"]) == ("May", "text/plain")
