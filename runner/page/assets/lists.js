// The lists below: last runs, what this computer can do, facts of the runner.
import { $, draw, h, icon, statusIcon } from "./dom.js";
import { bytes, ending, exactly, STATUS, when } from "./words.js";

export function showRecent(runs, now, actions) {
  const ended = runs.filter((run) => run.status !== "running");
  draw($("recent"), [ended, now.toDateString()], () =>
    ended.length ? ended.map((run) => runRow(run, now, actions)) : [nothingYet()],
  );
  $("recent-count").textContent = ended.length ? String(ended.length) : "";
}

function runRow(run, now, actions) {
  const name = run.draft ? `${run.workflow} (draft)` : run.workflow;
  const open = h("button", {
    class: "row",
    "data-key": run.attemptId,
    onclick: () => actions.open(run.attemptId),
  });
  open.append(
    statusIcon(run.status),
    h("span", { class: "hidden" }, STATUS[run.status] ?? run.status),
    h("span", { class: "strong cut grow", title: name }, name),
    ...(run.pictures
      ? [
          h(
            "span",
            { class: "dim pictures", title: `${run.pictures} screenshots` },
            icon("i-image", { kind: "icon small" }),
          ),
        ]
      : []),
    h(
      "time",
      {
        class: "dim small time",
        datetime: run.beganAt,
        title: exactly(run.beganAt),
      },
      when(run.beganAt, now),
    ),
    h("span", { class: "muted small ending" }, ending(run)),
    h("span", { class: "link small" }, "Log"),
  );
  return h("li", {}, open);
}

const nothingYet = () =>
  h(
    "li",
    { class: "empty muted" },
    "Nothing has run here yet. Start a workflow in the Hub, or choose Run in its Studio.",
  );

const CHECK_NAMES = {
  python: "Python",
  settings: "Settings",
  folder: "Runner’s folder",
  disk: "Disk",
  journal: "Journal",
  nodes: "Node types",
  capabilities: "Capabilities",
  browser: "Browser",
  desktop: "Screen, mouse and keyboard",
  ocr: "Text in pictures",
  scripts: "Scripts",
  identity: "Pairing",
  ca: "The Hub’s certificate",
  hub: "The Hub",
  clock: "Clock",
};
const CHECK_ICONS = { ok: "completed", warning: "warning", bad: "failed" };
const CHECK_WORDS = { ok: "in order", warning: "missing", bad: "broken" };
const COMMAND = /^(sudo|pip|brew|winget|chmod)\s/;
const ORDER = { bad: 0, warning: 1, ok: 2 };

export function showChecks(findings) {
  const sorted = [...findings].sort((one, other) => ORDER[one.level] - ORDER[other.level]);
  draw($("checks"), sorted, () => sorted.map(checkRow));
}

function checkRow(finding) {
  const name = h("span", { class: "strong" }, CHECK_NAMES[finding.subject] ?? finding.subject);
  const word = h("span", { class: "hidden" }, `: ${CHECK_WORDS[finding.level]}`);
  const attributes = { class: "check", "data-level": finding.level };
  const mark = statusIcon(CHECK_ICONS[finding.level]);
  if (finding.level === "ok") {
    const message = h("span", { class: "dim small cut grow right", title: finding.message }, finding.message);
    return h("li", attributes, mark, h("span", { class: "whole" }, name, word), message);
  }
  const message = h("p", { class: "muted small" }, finding.message);
  return h("li", attributes, mark, h("div", { class: "grow" }, h("p", {}, name, word), message, remedy(finding.fix)));
}

function remedy(fix) {
  if (!fix) return null;
  return COMMAND.test(fix) ? command(fix) : h("p", { class: "small" }, fix);
}

function command(text) {
  const copy = h(
    "button",
    {
      class: "button ghost tiny square",
      "aria-label": `Copy ${text}`,
      "data-key": text,
    },
    icon("i-copy", { kind: "icon small" }),
  );
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.setAttribute("aria-label", "Copied");
    copy.title = "Copied";
  });
  return h("div", { class: "command" }, h("code", { tabindex: "0" }, text), copy);
}

export function showFacts({ runner, hub }) {
  const facts = [
    ["Hub", hub.address],
    ["Version", runner.version],
    ["Work", `${runner.slots === 1 ? "1 execution" : `${runner.slots} executions`} at a time`],
    ["Labels", runner.labels.join(", ") || "none"],
    ["System", runner.platform],
  ];
  if (runner.memoryPercent != null)
    facts.push(
      ["CPU, memory", `${Math.round(runner.cpuPercent)} %, ${Math.round(runner.memoryPercent)} %`],
      ["Disk", `${bytes(runner.diskFree)} free`],
    );
  draw($("facts"), facts, () => facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
