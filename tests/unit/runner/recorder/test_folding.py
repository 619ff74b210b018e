from runner.recorder.folding import fold
from runner.recorder.messages import TabOpened, Visit
from tests.unit.runner.recorder.telling import action


def kinds(steps):
    return [step.told.kind for step in steps]


def test_a_text_typed_letter_by_letter_is_one_step_without_the_click_into_its_field():
    [step] = fold([action("click"), action("fill", value="A"), action("fill", value="Ad"), action("fill", value="Ada")])
    assert step.told.value == "Ada"


def test_a_click_into_a_field_between_its_letters_is_no_step_of_its_own():
    [step] = fold([action("fill", value="A"), action("click"), action("fill", value="AB")])
    assert step.told.value == "AB"


def test_what_changes_while_somebody_types_does_not_make_another_field_of_it():
    steps = fold(
        [
            action("fill", secret=True, element={"type": "password", "classes": []}),
            action("fill", secret=True, element={"type": "text", "classes": ["is-valid"]}),
        ]
    )
    assert len(steps) == 1


def test_the_same_path_in_another_tab_is_another_field():
    assert len(fold([action("fill", value="A"), action("fill", value="B", tab=1)])) == 2


def test_two_fields_are_two_steps_and_coming_back_is_a_third():
    steps = fold([action("fill", value="A"), action("fill", path="b", value="B"), action("fill", value="C")])
    assert [step.told.value for step in steps] == ["A", "B", "C"]


def test_the_last_state_of_a_box_and_the_last_choice_of_a_list_count():
    steps = fold(
        [
            action("check", checked=True),
            action("check", checked=False),
            action("select", path="list", options=["Italy"]),
            action("select", path="list", options=["Peru"]),
        ]
    )
    assert [steps[0].told.checked, steps[1].told.options] == [False, ["Peru"]]
    assert len(steps) == 2


def test_clicks_on_a_button_are_all_kept_but_those_of_a_double_click_are_one():
    assert kinds(fold([action("click", count=1), action("click", count=1)])) == ["click", "click"]
    [step] = fold([action("click", count=1), action("click", count=2)])
    assert step.told.count == 2


def test_as_many_clicks_as_were_made_are_kept_however_quick_they_were():
    steps = fold([action("click", count=count) for count in range(1, 8)])
    assert sum(step.told.count for step in steps) == 7
    assert {step.told.count for step in steps} <= {1, 2, 3}


def test_a_quick_click_on_what_appeared_under_the_pointer_is_a_single_one():
    steps = fold([action("click", path="next", count=1), action("click", path="last", count=2)])
    assert [step.told.count for step in steps] == [1, 1]


def test_enter_that_presses_a_forms_button_is_a_click_on_the_button():
    button = action("click", path="button", count=0, byKeyboard=True)
    steps = fold([action("fill", value="A"), action("press", key="Enter"), button])
    assert kinds(steps) == ["fill", "click"]
    assert steps[1].told.count == 1


def test_enter_that_presses_nothing_is_kept():
    assert kinds(fold([action("fill", value="A"), action("press", key="Enter")])) == ["fill", "press"]


def test_an_address_that_leads_on_at_once_is_not_the_aim():
    steps = fold([Visit(0, "https://a.example"), Visit(0, "https://b.example"), Visit(1, "https://c.example")])
    assert steps == [Visit(0, "https://b.example"), Visit(1, "https://c.example")]


def test_tabs_stand_between_the_steps_before_and_after_them():
    steps = fold([action("click"), TabOpened(1, by_page=True), action("click", tab=1)])
    assert steps[1] == TabOpened(1, by_page=True)
    assert len(steps) == 3
