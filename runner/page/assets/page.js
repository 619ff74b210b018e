// Asks the runner for its state while the page is seen, shows it, and sends what a person wants done.
import { $, setText } from "./dom.js";
import { showChecks, showFacts, showRecent } from "./lists.js";
import { showNow } from "./now.js";
import { closeSheet, openRun, showSheet, shownRun } from "./sheet.js";
import { duration } from "./words.js";

const EVERY = 1000;
let state = null;
let behind = 0; // milliseconds by which this page's clock is behind the runner's; both are this computer's
let reached = true;
let checked = false;

async function ask(path, body) {
  const options =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "X-Exekra-Page": "1", "Content-Type": "application/json" },
          body: JSON.stringify(body),
        };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(answer.status === 404 ? "" : await answer.text());
  return answer.json();
}

const now = () => new Date(Date.now() + behind);

async function refresh() {
  try {
    state = await ask("/api/state");
    behind = new Date(state.now) - Date.now();
    reached = true;
    if (!checked) {
      checked = true;
      void lookAtChecks();
    }
  } catch (error) {
    reached = false;
    if (error.message.includes("exekra-runner open")) setText($("problem"), error.message);
  }
  show();
  await refreshSheet();
}

function show() {
  showLive();
  if (!state) return;
  document.title = `${state.runner.name} · Exekra`;
  setText($("name"), state.runner.name);
  $("now").inert = !reached;
  const actions = { open: openRun, stop };
  showNow(state, now(), actions);
  showRecent(state.recent, now(), actions);
  showFacts(state);
}

function showLive() {
  const live = $("live");
  if (!reached) {
    live.dataset.state = "gone";
    setText(live, "the runner has ended, or was started anew: exekra-runner open");
    return;
  }
  const { connectedSince, heardAt, address } = state.hub;
  live.dataset.state = connectedSince ? "connected" : "away";
  const heard = heardAt ? `heard ${duration(now() - new Date(heardAt))} ago` : "not heard yet";
  setText(live, connectedSince ? `connected to ${address}, ${heard}` : `not connected to ${address}, ${heard}`);
}

async function act(path, body) {
  setText($("problem"), "");
  try {
    await ask(path, body);
  } catch (error) {
    setText($("problem"), error.message || "The runner does not answer.");
  }
  await refresh();
}

const stop = (attemptId) => act("/api/stop", attemptId ? { attemptId } : {});

async function lookAtChecks(again = false) {
  const button = $("check");
  button.disabled = true;
  setText(button, "Checking");
  try {
    showChecks(await ask("/api/checks", again ? {} : undefined));
  } catch (error) {
    setText($("problem"), error.message);
  }
  button.disabled = false;
  setText(button, "Check again");
}

async function refreshSheet() {
  const attemptId = shownRun();
  if (!attemptId || !state) {
    if ($("sheet").open) $("sheet").close();
    return;
  }
  const run = state.recent.find((each) => each.attemptId === attemptId);
  try {
    const details = await ask(`/api/runs/${encodeURIComponent(attemptId)}`);
    if (shownRun() === attemptId) showSheet(run, details);
  } catch {
    if (reached && shownRun() === attemptId) showSheet(run, null);
  }
}

$("stop").addEventListener("click", () => stop());
$("pause").addEventListener("click", () => act(state?.pausedAt ? "/api/resume" : "/api/pause", {}));
$("check").addEventListener("click", () => lookAtChecks(true));
$("sheet-close").addEventListener("click", closeSheet);
$("sheet").addEventListener("close", () => shownRun() && closeSheet());
addEventListener("hashchange", refreshSheet);

async function goOn() {
  if (document.visibilityState === "visible") await refresh();
  setTimeout(goOn, EVERY);
}
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
void goOn();
