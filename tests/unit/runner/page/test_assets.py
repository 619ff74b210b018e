import re
from pathlib import Path

import pytest

from runner.page.routes import ASSETS, MEDIA_TYPES

UI = Path(__file__).parents[4] / "services" / "gateway" / "ui" / "src" / "theme"
TEXTS = [path for path in ASSETS.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"}]


def test_the_page_has_the_hubs_tokens() -> None:
    assert (ASSETS / "tokens.css").read_bytes() == (UI / "tokens.css").read_bytes(), "copy the Hub's tokens.css"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere_and_nothing_stands_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"\sstyle=|<style|\son\w+=\"|innerHTML|eval\(", text)
    if path.name == "page.css":
        assert not re.search(r"#[0-9a-f]{3,8}\b|\brgb\(", text), "colours are tokens"


def test_every_file_of_the_page_is_served() -> None:
    html = (ASSETS / "page.html").read_text(encoding="utf-8")
    named = set(re.findall(r'"/assets/([^"]+)"', html))
    named |= {f"fonts/{name}" for name in re.findall(r"fonts/([\w.-]+)", (ASSETS / "page.css").read_text())}
    assert named
    for name in named:
        assert (ASSETS / name).is_file(), name
    assert {path.suffix for path in ASSETS.rglob("*") if path.is_file()} <= {*MEDIA_TYPES, ".html"}


def test_every_picture_the_scripts_name_is_in_the_page() -> None:
    html = (ASSETS / "page.html").read_text(encoding="utf-8")
    symbols = set(re.findall(r'<symbol id="([^"]+)"', html))
    for path in ASSETS.glob("*.js"):
        for name in re.findall(r'"(i-[a-z-]+)"', path.read_text(encoding="utf-8")):
            assert name in symbols, f"{path.name} names {name}"
