"""What an element is known by, best first."""

import pytest

from runner.selectors.generated import looks_generated
from runner.selectors.model import MAX_CANDIDATES, STRATEGIES, Candidate
from runner.selectors.ranking import Description, candidates_for, escape_name

FULL = Description(
    tag="input",
    id="email",
    data={"data-row": "first", "data-testid": "mail"},
    name="mail",
    type="email",
    placeholder="Your mail",
    text="",
    label="E-mail",
    role="textbox",
    role_name="E-mail",
    classes=("field", "wide", "css-1x2y3z", "dark", "more"),
    path="html > body > input",
)


def ranked(element: Description) -> list[str]:
    return [str(candidate) for candidate in candidates_for(element)]


def test_all_an_element_offers_stands_in_the_order_of_the_specification():
    assert ranked(FULL) == [
        "id=email",
        "data=data-testid=mail",
        "data=data-row=first",
        "name=mail",
        "placeholder=email|Your mail",
        "label=E-mail",
        "role=textbox: E-mail",
        "class=input.field.wide.dark",
        "path=html > body > input",
    ]
    kinds = [candidate.strategy for candidate in candidates_for(FULL)]
    assert sorted(kinds, key=STRATEGIES.index) == kinds


def test_an_id_that_looks_generated_comes_just_before_the_path():
    element = Description(
        tag="button", id="ember1432", text="Save", role="button", role_name="Save", path="html > button"
    )
    assert ranked(element) == ["text=Save", "role=button: Save", "id=ember1432", "path=html > button"]


def test_made_up_names_data_and_classes_are_left_out():
    element = Description(
        tag="a",
        data={"data-v-7ba5bd90": "", "data-reactid": ".0.1.3fz9x", "data-kind": "order", "data-key": "8213991"},
        name="f_20391",
        classes=("sc-bdVaJa", "Button_primary__x3fZ9"),
        path="a",
    )
    assert ranked(element) == ["data=data-kind=order", "path=a"]


def test_long_texts_are_content_and_no_names():
    assert ranked(Description(tag="p", text="word " * 40, label="x" * 81, path="p")) == ["path=p"]


def test_a_role_without_a_name_stands_alone():
    assert ranked(Description(tag="nav", role="navigation", path="nav")) == ["role=navigation", "path=nav"]


def test_equal_candidates_stand_once_and_there_are_never_too_many():
    element = Description(tag="i", data={f"data-a{'b' * n}": "x" for n in range(50)}, path="i")
    assert len(candidates_for(element)) <= MAX_CANDIDATES
    assert len(set(ranked(element))) == len(ranked(element))


@pytest.mark.parametrize(
    "name",
    [
        "ember1432",
        ":r1:",
        "«r1»",
        "mui-17",
        "radix-:r2:",
        "a81bc81b-dead-4e5d-abff-90865d1e13b1",
        "4f3c2a1b",
        "row_20391",
        "x3fz9k2p",
        "css-1x2y3z",
        "sc-bdVaJa",
        "Button_primary__x3fZ9",
        "input-a7x3q9",
        "ext-gen12",
        "__BVID__12",
    ],
)
def test_what_a_program_made_up_looks_generated(name: str):
    assert looks_generated(name)


@pytest.mark.parametrize(
    "name",
    [
        "save",
        "first-name",
        "street2",
        "col-3",
        "i18n",
        "step_2",
        "userName",
        "h1",
        "block__element",
        "facade",
        "order-form",
    ],
)
def test_what_people_write_does_not(name: str):
    assert not looks_generated(name)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("wide", "wide"),
        ("md:flex", "md\\3a flex"),
        ("2col", "\\32 col"),
        ("-1", "\\2d 1"),
        ("größe", "größe"),
        ("-", "\\2d "),
    ],
)
def test_classes_are_written_as_css_reads_them(name: str, escaped: str):
    assert escape_name(name) == escaped


def test_a_page_may_answer_anything_for_a_description():
    wild = {"tag": 3, "id": None, "data": "no", "classes": {"a": 1}, "secret": "yes", "role": ["x"]}
    element = Description.from_json(wild)
    assert (element.tag, element.id, element.data, element.classes, element.secret) == ("3", "", {}, (), False)
    assert Description.from_json({}).path == ""


def test_every_strategy_has_candidates_that_can_be_written():
    assert [str(Candidate(strategy=strategy, value="data-x=y")) for strategy in STRATEGIES]
