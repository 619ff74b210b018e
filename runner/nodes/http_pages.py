"""Lists that come page by page: asks for one page after another and joins what they hold, within limits."""

import asyncio
from dataclasses import dataclass, field
from typing import assert_never

import aiohttp
from yarl import URL

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.http_answers import MEMORY_LIMIT, decode_json, header_lines, read_answer
from runner.nodes.http_bodies import JsonBody
from runner.nodes.http_config import HttpRequestConfig
from runner.nodes.http_exchange import http_client, url_of
from runner.nodes.http_pagination import Follow, OnePage, Page, Pagination, select, with_member
from runner.workflow.documents import Json


@dataclass(slots=True)
class _Collected:
    """What came until now; `answer` is `{status, headers, url}` of the last page."""

    items: list[Json] = field(default_factory=list)
    pages: int = 0
    size: int = 0
    answer: dict[str, Json] = field(default_factory=dict)


async def collect_pages(config: HttpRequestConfig, context: NodeContext) -> dict[str, Json]:
    """The node's output `{status, headers, url, items, count, pages, complete}`. Raises NodeFailure HTTP_*."""
    paging = config.pagination
    assert not isinstance(paging, OnePage)
    collected = _Collected()
    origin = url_of(config).origin()
    follow = paging.first()
    asked: set[str] = set()
    async with http_client(config, context) as client:
        while True:
            request = config if follow is None else _following(config, follow, origin)
            async with client.ask(request) as response:
                page = await _take(collected, config, response)
            follow = paging.next(page)
            if follow is None or len(collected.items) > paging.max_items:
                break
            _check_new(follow, asked)
            if collected.pages == paging.max_pages:
                break
            await asyncio.sleep(paging.pause_seconds)
    complete = follow is None and len(collected.items) <= paging.max_items
    if not complete and paging.at_limit == "fail":
        raise NodeFailure(
            "HTTP_TOO_MANY_PAGES",
            f"There are more than {paging.max_pages:,} pages or {paging.max_items:,} items; narrow the request, "
            "or raise 'Most pages' and 'Most items'.",
            details={"pages": collected.pages, "items": len(collected.items)},
        )
    items = collected.items[: paging.max_items]
    return {
        **collected.answer,
        "items": items,
        "count": len(items),
        "pages": collected.pages,
        "complete": complete,
    }


async def _take(collected: _Collected, config: HttpRequestConfig, response: aiohttp.ClientResponse) -> Page:
    """Adds a page's items. Raises NodeFailure HTTP_TOO_LARGE, HTTP_INVALID_JSON, HTTP_PAGE_UNREADABLE."""
    paging: Pagination = config.pagination
    assert not isinstance(paging, OnePage)
    body = await read_answer(response, config.max_bytes or MEMORY_LIMIT, before=collected.size)
    collected.size += len(body)
    # 204 and an empty page say the same: nothing more.
    document = await asyncio.to_thread(decode_json, body, response) if body.strip() else []
    items = document if not body.strip() else select(paging.items, document)
    if not isinstance(items, list):
        raise NodeFailure(
            "HTTP_PAGE_UNREADABLE",
            f"{paging.items} gives no list in page {collected.pages + 1}; check 'Items' against an answer.",
        )
    collected.items.extend(items)
    collected.pages += 1
    headers = header_lines(response)
    collected.answer = {"status": response.status, "headers": headers, "url": str(response.url)}
    texts = {name: str(value) for name, value in headers.items()}
    return Page(collected.pages, texts, _next_link(response), document, len(items))


def _next_link(response: aiohttp.ClientResponse) -> str | None:
    for relation, link in response.links.items():
        if "next" in relation.lower().split():
            return str(link["url"])
    return None


def _following(config: HttpRequestConfig, follow: Follow, origin: URL) -> HttpRequestConfig:
    if follow.url is not None:
        return config.model_copy(update={"url": _same_server(config, follow.url, origin), "query": {}})
    match follow.place:
        case "query":
            url = str(URL(config.url.strip()).without_query_params(follow.name))
            return config.model_copy(update={"url": url, "query": {**config.query, follow.name: follow.value}})
        case "body":
            assert isinstance(config.body, JsonBody)
            return config.model_copy(update={"body": with_member(config.body, follow.name, follow.value)})
        case _:
            assert_never(follow.place)


def _same_server(config: HttpRequestConfig, text: str, origin: URL) -> str:
    """The address of the next page. Another server would get the key that is meant for this one."""
    try:
        url = URL(config.url.strip()).join(URL(text))
        elsewhere = url.origin() != origin
    except ValueError as error:
        raise NodeFailure("HTTP_PAGE_UNREADABLE", f"{text[:200]!r} is no address of a page: {error}.") from error
    if elsewhere:
        raise NodeFailure(
            "HTTP_PAGE_ELSEWHERE",
            f"The next page is on another server ({url.origin()}), which is not asked; ask it itself.",
        )
    return str(url)


def _check_new(follow: Follow, asked: set[str]) -> None:
    """A service that names the same page twice would be asked for ever."""
    place = follow.url if follow.url is not None else repr(follow.value)
    if place in asked:
        raise NodeFailure("HTTP_PAGES_REPEAT", "The service names a page twice; check where the next page is named.")
    asked.add(place)
