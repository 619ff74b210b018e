from runner.recorder.naming import frame_selector, selector_of
from runner.selectors.ranking import Description
from tests.unit.runner.recorder.telling import told


def named(**more) -> list[str]:
    return [str(candidate) for candidate in selector_of(told("click", path="body > button", **more)).candidates]


def test_candidates_that_meant_the_element_alone_are_kept_in_their_order():
    element = {"id": "save", "name": "save", "text": "Save", "data": {"data-testid": "s", "data-kind": "x"}}
    counts = {"id": 1, "name": 2, "text": 1, "data-testid": 1, "data-kind": 3}
    assert named(element=element, counts=counts) == ["id=save", "data=data-testid=s", "text=Save", "path=body > button"]


def test_a_candidate_that_fitted_several_is_left_out_although_it_might_be_alone_one_day():
    assert named(element={"text": "Delete"}, counts={"text": 5}) == ["path=body > button"]


def test_a_candidate_by_which_the_page_finds_nothing_is_left_out():
    assert named(element={"text": "Save"}, counts={"text": 0}) == ["path=body > button"]


def test_classes_are_kept_when_no_other_element_bears_all_of_them():
    element = {"tag": "a", "classes": ["button", "main"]}
    alone = named(element=element, classmates=[["button", "main"], ["button"]])
    assert alone == ["class=a.button.main", "path=body > button"]
    shared = named(element=element, classmates=[["button", "main"], ["main", "button", "last"]])
    assert shared == ["path=body > button"]


def test_a_field_without_lasting_names_is_found_by_the_text_it_stands_behind():
    anchor = {"relation": "nextSibling", "text": "City"}
    selector = selector_of(told("fill", element={"id": "f7k2x9q1z"}, counts={"id": 1}, anchor=anchor))
    assert str(selector) == "css=input as nextSibling of text=City"


def test_a_field_with_a_lasting_name_needs_no_neighbour():
    anchor = {"relation": "nextSibling", "text": "City"}
    selector = selector_of(told("fill", element={"name": "city"}, counts={"name": 1}, anchor=anchor))
    assert selector.anchor is None


def test_an_element_without_any_name_is_still_named_by_its_tag():
    assert [str(each) for each in selector_of(told("click", path="")).candidates] == ["css=input"]


def test_a_frame_is_named_by_what_it_has():
    assert [str(each) for each in frame_selector(Description(tag="iframe", name="pay")).candidates] == ["name=pay"]
    assert [str(each) for each in frame_selector(Description(tag="iframe")).candidates] == ["css=iframe"]


def test_an_element_deep_in_a_page_of_long_names_is_named_by_what_is_short_enough():
    long = "x" * 3_000
    element = {"id": long, "name": "city", "data": {"data-state": long}, "classes": ["é" * 300, "ok"], "text": long}
    found = selector_of(told("fill", path="div > " * 200 + "input", element=element))
    assert [str(each) for each in found.candidates] == ["name=city", f"path={'div > ' * 200}input"]
    found = selector_of(told("fill", path="div > " * 2_000 + "input", element=element))
    assert [str(each) for each in found.candidates] == ["name=city"]
