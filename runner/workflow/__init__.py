"""The workflow model: graph, expressions, validation, difference of versions.

Pure and shared: the Hub and the runner judge a graph by the same code. Nothing here does I/O, reads an event loop or
imports grpc, aiohttp, asyncpg or asyncio; import-linter guards it.
"""
