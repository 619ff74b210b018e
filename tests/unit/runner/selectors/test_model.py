"""How selectors are written."""

import pytest

from runner.selectors.model import Anchor, Candidate, Selector, parse_selector


@pytest.mark.parametrize(
    ("text", "strategy", "value"),
    [
        ("button.primary", "css", "button.primary"),
        ("input[name=q]", "css", "input[name=q]"),
        ("css=#a", "css", "#a"),
        ("text= Save ", "text", "Save"),
        ("text=a=b", "text", "a=b"),
        ("label=First name", "label", "First name"),
        ("role=button: Save", "role", "button: Save"),
        ("data=data-testid=save", "data", "data-testid=save"),
        ("//input[@id='a']", "xpath", "//input[@id='a']"),
        ("(//tr)[2]", "xpath", "(//tr)[2]"),
        (" id=save ", "id", "save"),
    ],
)
def test_a_text_is_one_candidate(text: str, strategy: str, value: str):
    [candidate] = parse_selector(text).candidates
    assert (candidate.strategy, candidate.value) == (strategy, value)


@pytest.mark.parametrize("text", ["text=", "data=save", " "])
def test_a_text_that_names_nothing_is_refused(text: str):
    with pytest.raises(ValueError, match=r"value|data-testid"):
        parse_selector(text)


def test_a_selector_says_in_words_what_it_means():
    save = [Candidate(strategy="id", value="save"), Candidate(strategy="text", value="Save")]
    assert str(Selector(candidates=save)) == "id=save or text=Save"
    beside = Anchor(candidates=[Candidate(strategy="text", value="Name")])
    assert str(Selector(anchor=beside)) == "whatever stands there as nextSibling of text=Name"


def test_a_selector_goes_through_json_unchanged():
    document = {
        "candidates": [{"strategy": "css", "value": "input"}],
        "anchor": {"relation": "previousSibling", "candidates": [{"strategy": "text", "value": "Name"}]},
    }
    assert Selector.model_validate(document).model_dump(by_alias=True) == document
