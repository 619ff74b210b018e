"""What a page shows, as data: texts, attributes, tables."""

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, ElementConfig, element_output, find_element
from runner.nodes.rows import Row, unique_names
from runner.nodes.tables import table_output
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession

ROW_LIMIT: Final = 100_000

# Fields say what they hold, everything else what it shows.
_TEXT: Final = """(element) => {
    if (element.localName === "select") return [...element.selectedOptions].map((each) => each.text).join(", ");
    if (["input", "textarea"].includes(element.localName)) return element.value;
    return element.innerText ?? element.textContent ?? "";
}"""

# Addresses are completed by the page's own; every other attribute is taken as it was written.
_ATTRIBUTE: Final = """(element, name) => {
    const value = element.getAttribute(name);
    return value !== null && ["href", "src", "action"].includes(name) && typeof element[name] === "string"
        ? element[name]
        : value;
}"""

# Cells that reach over several rows or columns stand in each of them. Tables inside cells are text of their cells.
_CELLS: Final = """(element, most) => {
    const shown = (cell) => (cell.innerText ?? cell.textContent ?? "").replace(/\\s+/g, " ").trim();
    const table = element.localName === "table" ? element : element.querySelector("table");
    const rows = table ? [...table.rows] : [...element.querySelectorAll("[role=row]")];
    const cellsOf = (row) => (row.cells ? [...row.cells] : [...row.querySelectorAll(
        "[role=cell], [role=gridcell], [role=columnheader], [role=rowheader]")]);
    const grid = [];
    rows.slice(0, most).forEach((row, down) => {
        const line = (grid[down] ??= []);
        let across = 0;
        for (const cell of cellsOf(row)) {
            while (line[across] !== undefined) across += 1;
            const text = shown(cell);
            const wide = Math.min(cell.colSpan || 1, 1000);
            const high = Math.min((cell.rowSpan ?? 1) || Infinity, rows.length - down);
            for (let below = 0; below < high; below += 1)
                for (let beside = 0; beside < wide; beside += 1)
                    (grid[down + below] ??= [])[across + beside] = text;
            across += wide;
        }
    });
    const lines = grid.slice(0, rows.length).map((line) => Array.from(line, (text) => text ?? ""));
    return { lines, total: rows.length };
}"""


class ExtractTextConfig(ElementConfig):
    """Config of browser.extractText."""

    all: bool = Field(
        default=False, title="All", description="The texts of all elements that fit, not of a single one."
    )
    trim: bool = Field(default=True, title="Trim", description="Without blanks at both ends.")


class ExtractText(BrowserNode[ExtractTextConfig]):
    """browser.extractText: output `{text, element}`, or with `all` `{texts, count, element}`; of a field its value."""

    type = "browser.extractText"
    title = "Read text"
    help = "Reads what an element shows, or what a field holds."
    icon = "text-scan-2"
    config = ExtractTextConfig
    example: ClassVar[dict[str, Any]] = {"selector": "css=h1"}
    repeatable = True
    doing = "read the text"

    async def act(self, config: ExtractTextConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Read it. Raises NodeFailure ELEMENT_*."""
        if config.all:
            locator, first = await session.find_all(config.selector, config.wait_seconds)
            texts = await locator.evaluate_all(f"(all) => all.map({_TEXT})")
            return element_output(first, texts=[_trimmed(text, config) for text in texts], count=len(texts))
        found = await find_element(config.selector, config.wait_seconds, session, context)
        text = await found.locator.evaluate(_TEXT, timeout=found.left_milliseconds)
        return element_output(found, text=_trimmed(text, config))


class ExtractAttributeConfig(ElementConfig):
    """Config of browser.extractAttribute."""

    attribute: str = Field(
        pattern=r"^[A-Za-z_:][-A-Za-z0-9_:.]*$",
        max_length=200,
        title="Attribute",
        description="For instance href, src, title, value; addresses come complete.",
    )
    all: bool = Field(default=False, title="All", description="Of all elements that fit, not of a single one.")


class ExtractAttribute(BrowserNode[ExtractAttributeConfig]):
    """browser.extractAttribute: output `{value, element}`, or with `all` `{values, count, element}`; null: none."""

    type = "browser.extractAttribute"
    title = "Read attribute"
    help = "Reads an attribute of an element, for instance where a link leads."
    icon = "braces"
    config = ExtractAttributeConfig
    example: ClassVar[dict[str, Any]] = {"selector": "text=Download", "attribute": "href"}
    repeatable = True
    doing = "read the attribute"

    async def act(self, config: ExtractAttributeConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Read it. Raises NodeFailure ELEMENT_*."""
        name = config.attribute.lower()
        if config.all:
            locator, first = await session.find_all(config.selector, config.wait_seconds)
            reading = f"(all, name) => all.map((each) => ({_ATTRIBUTE})(each, name))"
            values = await locator.evaluate_all(reading, name)
            return element_output(first, values=values, count=len(values))
        found = await find_element(config.selector, config.wait_seconds, session, context)
        value = await found.locator.evaluate(_ATTRIBUTE, name, timeout=found.left_milliseconds)
        return element_output(found, value=value)


class ExtractTableConfig(ElementConfig):
    """Config of browser.extractTable."""

    header: bool = Field(default=True, title="Header", description="The first row holds the names of the columns.")
    max_rows: int = Field(
        default=10_000,
        ge=1,
        le=ROW_LIMIT,
        title="Most rows",
        description="More is a failure; the header is not counted.",
    )


class ExtractTable(BrowserNode[ExtractTableConfig]):
    """browser.extractTable: output `{rows, columns, count, element}`; every value is text as shown."""

    type = "browser.extractTable"
    title = "Read table"
    help = "Reads a table of the page as rows."
    icon = "table-export"
    config = ExtractTableConfig
    example: ClassVar[dict[str, Any]] = {"selector": "css=table.orders"}
    repeatable = True
    doing = "read the table"

    async def act(self, config: ExtractTableConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Read it. Raises NodeFailure TABLE_TOO_LARGE, NO_TABLE, ELEMENT_*."""
        found = await find_element(config.selector, config.wait_seconds, session, context)
        most = config.max_rows + 1
        read = await found.locator.evaluate(_CELLS, most, timeout=found.left_milliseconds)
        if not read["total"]:
            raise NodeFailure("NO_TABLE", "The element holds no table and no rows; name the table itself.")
        if read["total"] - int(config.header) > config.max_rows:
            raise NodeFailure("TABLE_TOO_LARGE", f"The table has more than {config.max_rows:,} rows.")
        names, rows = _table(read["lines"], header=config.header)
        return {**table_output(rows, names), **element_output(found)}


def _table(lines: list[list[str]], *, header: bool) -> tuple[list[str], list[Row]]:
    width = max(map(len, lines), default=0)
    names = unique_names(((lines[0] if header else []) + [""] * width)[:width])
    body = lines[1:] if header else lines
    return names, [dict(zip(names, line + [""] * (width - len(line)), strict=True)) for line in body if any(line)]


def _trimmed(text: str, config: ExtractTextConfig) -> str:
    return text.strip() if config.trim else text


NODES = (ExtractText, ExtractAttribute, ExtractTable)
