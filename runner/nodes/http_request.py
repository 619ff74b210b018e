"""http.request: its declaration. How the request is made and the answer judged is `http_exchange.py`'s."""

from typing import Any, ClassVar

from runner.nodes.base import NodeContext, NodeType, Result
from runner.nodes.http_config import HttpRequestConfig
from runner.nodes.http_exchange import exchange
from runner.nodes.http_pages import collect_pages
from runner.nodes.http_pagination import OnePage


class HttpRequest(NodeType[HttpRequestConfig]):
    """http.request: output `{status, headers, url, json, text}`, or `{status, headers, url, file: {…}}`.

    `json` and `text` are both there and one of them is null. With pages it is `{status, headers, url, items, count,
    pages, complete}`, the first three of the last page. Header names are in small letters. Not repeatable as a type,
    for it may order something; a node that only reads says `repeatable` itself.
    """

    type = "http.request"
    title = "HTTP request"
    help = "Calls a web service and hands on what it answers, page by page if need be; uploads and downloads files."
    icon = "world-download"
    config = HttpRequestConfig
    example: ClassVar[dict[str, Any]] = {
        "method": "GET",
        "url": "https://example.com/api/rates",
        "query": {"date": "{{ inputs.date }}"},
        "auth": {"type": "bearer", "token": "{{ credentials.rates.token }}"},
    }
    isolated = False

    async def run(self, config: HttpRequestConfig, context: NodeContext) -> Result:
        """Ask once, or once for each page. Raises NodeFailure HTTP_*; time-outs, lost connections and 5xx may pass."""
        if isinstance(config.pagination, OnePage):
            return Result(await exchange(config, context))
        return Result(await collect_pages(config, context))


NODES = (HttpRequest,)
