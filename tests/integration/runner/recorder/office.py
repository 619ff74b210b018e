"""A small office's pages to record: they send what was done to the server, so that a replay can be held to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

FORM = """<!doctype html><title>Office</title>
<form action="/saved" id="form">
  <label>Name <input name="name"></label>
  <label>Password <input type="password" name="password" id="password"></label>
  <button type="button" id="eye">Show</button>
  <div><span>City</span><input id="f7k2x9q1z"></div>
  <label>Country <select name="country"><option value="1">Italy</option><option value="2">Peru</option></select></label>
  <label><input type="checkbox" name="terms"> I agree</label>
  <label><input type="radio" name="size" value="s"> Small</label>
  <label><input type="radio" name="size" value="l"> Large</label>
  <label>Scan <input type="file" name="scan"></label>
  <button>Save</button>
</form>
<div contenteditable aria-label="Note"></div>
<p>One <button class="x">Delete</button></p><p>Two <button class="x">Delete</button></p>
<div id="host"></div>
<iframe id="inner" src="/inner"></iframe>
<a href="/other" target="_blank">Other tab</a>
<script>
  const done = [];
  const tell = (what) => navigator.sendBeacon("/done", what);
  document.querySelector("#eye").onclick = () => { document.querySelector("#password").type = "text"; };
  document.querySelectorAll(".x").forEach((button, index) => { button.onclick = () => tell("delete " + index); });
  const root = document.querySelector("#host").attachShadow({ mode: "open" });
  root.innerHTML = "<button>In the shadow</button>";
  root.querySelector("button").onclick = () => tell("shadow");
  document.querySelector("#form").onsubmit = () => {
    const city = document.querySelector("#f7k2x9q1z").value;
    const scan = document.querySelector("[name=scan]").files[0]?.name ?? "";
    const fields = ["name", "password", "country", "terms"].map((name) => {
      const field = document.querySelector(`[name=${name}]`);
      return field.type === "checkbox" ? field.checked : field.value;
    });
    const size = document.querySelector("[name=size]:checked")?.value ?? "";
    tell(["save", ...fields, size, city, scan, document.querySelector("[contenteditable]").innerText].join("|"));
    return false;
  };
</script>"""
INNER = """<!doctype html><input placeholder="Inside"><button>Send</button>
<script>document.querySelector("button").onclick = () =>
  navigator.sendBeacon("/done", "inside " + document.querySelector("input").value);</script>"""
OTHER = """<!doctype html><title>Other</title><button>Tick</button>
<script>document.querySelector("button").onclick = () => navigator.sendBeacon("/done", "other");</script>"""


class Office:
    """Where it is, and what was done in it."""

    def __init__(self) -> None:
        self.url = ""
        self.done: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        """One thing that was done."""
        self.done.append(await request.text())
        return web.Response()


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """The pages on a free port."""
    pages = Office()
    application = web.Application()
    for path, text in {"/": FORM, "/inner": INNER, "/other": OTHER}.items():

        async def answer(_: web.Request, text: str = text) -> web.Response:
            return web.Response(text=text, content_type="text/html")

        application.router.add_get(path, answer)
    application.router.add_post("/done", pages.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pages.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield pages
    finally:
        await runner.cleanup()
