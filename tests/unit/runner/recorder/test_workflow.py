from runner.nodes.registry import declarations
from runner.recorder.messages import TabClosed, TabOpened, Visit
from runner.recorder.workflow import workflow_of
from runner.selectors.ranking import Description
from runner.workflow.validation import validate_document
from tests.unit.runner.recorder.telling import action

URL = "https://shop.example/orders"
FRAME = Description(tag="iframe", name="pay")
CARD = Description(tag="iframe", name="card")


def nodes(*steps, **more):
    """The recorded nodes between opening and closing, of a graph without problems."""
    graph = workflow_of(URL, steps, **more).graph
    read, problems = validate_document(graph, declarations())
    assert read is not None, problems
    assert not problems
    start, opening, *recorded, closing = graph["nodes"]
    assert (start["type"], opening["type"], closing["type"]) == ("control.start", "browser.open", "browser.close")
    return recorded


def verbs(recorded):
    return [node["type"].partition(".")[2] for node in recorded]


def test_an_empty_recording_opens_the_page_and_closes_it():
    assert nodes() == []


def test_each_kind_of_action_becomes_its_node():
    recorded = nodes(
        action("click", path="a", label="Orders"),
        action("click", path="b", count=2, label="Row"),
        action("fill", path="c", value="Ada", label="Name"),
        action("select", path="d", options=["Peru"], label="Country"),
        action("select", path="e", options=["A", "B"], multiple=True, label="Tags"),
        action("check", path="f", checked=False, label="News"),
        action("upload", path="g", names=["scan.pdf"], label="Scan"),
        Visit(0, "https://other.example/"),
    )
    assert verbs(recorded) == ["click", "click", "fill", "select", "select", "check", "upload", "goto"]
    assert [node["name"] for node in recorded][:3] == ["Click 'Orders'", "Click 'Row'", "Fill in 'Name'"]
    assert recorded[1]["config"]["count"] == 2
    assert [recorded[3]["config"]["options"], recorded[4]["config"]["options"]] == ["Peru", ["A", "B"]]
    assert recorded[6]["config"]["paths"] == "{{ inputs.file1 }}"
    assert recorded[7]["config"] == {"url": "https://other.example/"}


def test_the_middle_button_and_keys_held_are_part_of_a_click():
    [step] = nodes(action("click", button="middle", modifiers=["Shift"]))
    assert step["config"] | {"selector": None} == {"selector": None, "button": "middle", "modifiers": ["Shift"]}


def test_a_secret_is_an_expression_on_a_credential_and_the_same_field_the_same_one():
    result = workflow_of(
        URL,
        [
            action("fill", path="a", secret=True, element={"name": "user[password]"}, label="Password"),
            action("click", path="b"),
            action("fill", path="a", secret=True, element={"name": "user[password]"}, label="Password"),
            action("fill", path="c", secret=True, element={"name": "user-password"}, label="Again"),
            action("fill", path="d", secret=True, element={"id": "4711"}),
        ],
    )
    values = [node["config"]["value"] for node in result.graph["nodes"] if node["type"] == "browser.fill"]
    assert values == [
        "{{ credentials.login.user_password }}",
        "{{ credentials.login.user_password }}",
        "{{ credentials.login.user_password2 }}",
        "{{ credentials.login.password }}",
    ]
    assert len(result.remarks) == 3
    assert "was not recorded" in result.remarks[0]


def test_several_files_are_inputs_of_their_own_and_none_is_no_step():
    graph = workflow_of(URL, [action("upload", names=["a.pdf", "b.pdf"]), action("upload", path="x", names=[])]).graph
    assert [each["name"] for each in graph["inputs"]] == ["file1", "file2"]
    [upload] = [node for node in graph["nodes"] if node["type"] == "browser.upload"]
    assert upload["config"]["paths"] == ["{{ inputs.file1 }}", "{{ inputs.file2 }}"]


def test_braces_that_a_person_types_are_text_and_no_expression():
    [step] = nodes(action("fill", value="{{ credentials.other.key }} }}"))
    assert step["config"]["value"] == "{{ '{{' }} credentials.other.key }} }}"


def test_a_key_is_pressed_by_the_node_that_filled_the_field_or_by_one_that_leaves_it_as_it_is():
    filled, alone = nodes(
        action("fill", path="a", value="robots"),
        action("press", path="a", key="Enter"),
        action("press", path="b", key="Escape", label="Search"),
    )
    assert filled["config"]["thenPress"] == "Enter"
    assert alone["config"] | {"selector": None} == {
        "selector": None, "value": "", "append": True, "thenPress": "Escape",
    }  # fmt: skip


def test_a_tab_that_a_page_opened_is_switched_to_when_something_is_done_in_it():
    recorded = nodes(action("click"), TabOpened(1, by_page=True), action("click", tab=1), action("click"))
    assert verbs(recorded) == ["click", "tab", "click", "tab", "click"]
    assert [recorded[1]["config"]["tab"], recorded[3]["config"]["tab"]] == [2, 1]


def test_a_tab_that_a_person_opened_is_opened_again_and_closed_again():
    recorded = nodes(
        TabOpened(1, by_page=False), Visit(1, "https://a.example/"), TabClosed(1, by_page=False), action("click")
    )
    assert verbs(recorded) == ["tab", "goto", "tab", "click"]
    assert [recorded[0]["config"], recorded[2]["config"]] == [{"action": "new"}, {"action": "close", "tab": 2}]


def test_a_tab_that_closed_itself_is_not_closed_again():
    recorded = nodes(
        action("click"), TabOpened(1, by_page=True), action("click", tab=1), TabClosed(1, by_page=True), action("click")
    )
    assert verbs(recorded) == ["click", "tab", "click", "click"]


def test_frames_are_entered_from_the_outermost_on_and_left_for_the_page():
    recorded = nodes(
        action("fill", frames=(FRAME,), value="A"),
        action("fill", frames=(FRAME, CARD), value="B"),
        action("click"),
        action("click", frames=(CARD,)),
    )
    assert verbs(recorded) == ["frame", "fill", "frame", "fill", "frame", "click", "frame", "click"]
    assert recorded[4]["config"] == {}


def test_another_address_leaves_the_frame_by_itself():
    recorded = nodes(action("click", frames=(FRAME,)), Visit(0, "https://a.example/"), action("click"))
    assert verbs(recorded) == ["frame", "click", "frame", "goto", "click"]


def test_what_was_asked_or_missed_is_said():
    result = workflow_of(URL, [], dialogs=True, missed=2)
    assert result.graph["nodes"][1]["config"] == {"url": URL, "dialogs": "accept"}
    assert result.remarks == ("2 of the things done could not be recorded; look through the steps.",)
