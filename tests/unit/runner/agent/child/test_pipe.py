"""Frames between the agent and an execution's process: whole and in order, however the bytes come."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

import pytest

from runner.agent.child.pipe import BUFFER_BYTES, CHUNK_BYTES, MAX_FRAME_BYTES, Frame, Pipe


@asynccontextmanager
async def pipes():
    ours, theirs = socket.socketpair()
    pair = await Pipe.over(ours), await Pipe.over(theirs)
    try:
        yield pair
    finally:
        for pipe in pair:
            await pipe.flush_and_close()


@asynccontextmanager
async def raw():
    """A pipe, and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    pipe = await Pipe.over(ours)
    try:
        with theirs:
            yield pipe, theirs
    finally:
        await pipe.flush_and_close()


async def test_floods_and_single_frames_keep_their_order():
    async with pipes() as (there, here):
        expected = []
        for number in range(3_000):
            body = b"%d" % number
            if number % 7:
                there.send_line(Frame.LOG_LINE, body)
                expected.append((Frame.LOG_LINE, body))
            else:
                there.send(Frame.NODE_EVENT, body)
                expected.append((Frame.NODE_EVENT, body))
        assert [await here.receive() for _ in expected] == expected


async def test_the_first_line_of_a_turn_is_on_its_way_at_once():
    async with raw() as (pipe, other):
        pipe.send_line(Frame.LOG_LINE, b"first")
        pipe.send_line(Frame.LOG_LINE, b"second")
        # Nothing else has run since: a process that crashes here has told the first.
        assert other.recv(1_000) == struct.pack("<IB", 5, Frame.LOG_LINE) + b"first"
        await asyncio.sleep(0)
        assert other.recv(1_000).endswith(b"second")


async def test_frames_may_come_in_any_pieces():
    async with raw() as (pipe, other):
        data = b"".join(struct.pack("<IB", len(body), Frame.LOG_LINE) + body for body in (b"", b"a", b"bc" * 50))
        for byte in data:
            other.send(bytes([byte]))
            await asyncio.sleep(0)
        assert [await pipe.receive() for _ in range(3)] == [
            (Frame.LOG_LINE, b""),
            (Frame.LOG_LINE, b"a"),
            (Frame.LOG_LINE, b"bc" * 50),
        ]


@pytest.mark.parametrize("size", [CHUNK_BYTES - 5, CHUNK_BYTES, 10 * BUFFER_BYTES + 1])
async def test_large_frames_come_whole(size):
    async with pipes() as (there, here):
        there.send(Frame.END, b"x" * size)
        there.send_line(Frame.LOG_LINE, b"after")
        assert await here.receive() == (Frame.END, b"x" * size)
        assert await here.receive() == (Frame.LOG_LINE, b"after")


async def test_what_was_said_before_the_end_comes_and_half_a_frame_does_not():
    async with raw() as (pipe, other):
        other.send(struct.pack("<IB", 1, Frame.READY) + b"x" + struct.pack("<IB", 9, Frame.READY) + b"half")
        other.shutdown(socket.SHUT_WR)
        assert await pipe.receive() == (Frame.READY, b"x")
        assert await pipe.receive() is None
        assert await pipe.receive() is None


async def test_a_frame_beyond_all_measure_ends_the_conversation():
    async with raw() as (pipe, other):
        other.send(struct.pack("<IB", 0, Frame.READY) + struct.pack("<IB", MAX_FRAME_BYTES + 1, Frame.END) + b"x")
        assert await pipe.receive() == (Frame.READY, b"")
        assert await pipe.receive() is None


async def test_a_flood_that_nobody_takes_is_seen_and_waited_for():
    async with pipes() as (there, here):
        for _ in range(2_000):
            there.send_line(Frame.LOG_LINE, b"x" * 1_000)
        assert not there.is_clear
        draining = asyncio.create_task(there.drain())
        for _ in range(2_000):
            assert await here.receive() is not None
        await draining
        assert there.is_clear


async def test_lines_of_the_last_turn_are_sent_before_the_pipe_closes():
    async with pipes() as (there, here):
        for number in range(3):
            there.send_line(Frame.LOG_LINE, b"%d" % number)
        await there.flush_and_close()
        there.send(Frame.END, b"too late")
        assert [await here.receive() for _ in range(4)] == [(Frame.LOG_LINE, b"%d" % n) for n in range(3)] + [None]
