// One of the last runs: its log and its screenshots. Its address stands behind the #, so it can be gone back to.
import { $, draw, h } from "./dom.js";
import { exactly, lineTime, STATUS, took, when } from "./words.js";

const PREFIX = "#run=";

export const openRun = (attemptId) => {
  location.hash = PREFIX + encodeURIComponent(attemptId);
};

export const shownRun = () =>
  location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : null;

export function closeSheet() {
  history.replaceState(null, "", location.pathname);
  $("sheet").close();
}

export function showSheet(run, details) {
  $("sheet-title").textContent = run ? run.workflow : "Not kept here any more";
  $("sheet-facts").textContent = run ? factsOf(run) : "";
  $("sheet-facts").title = run ? exactly(run.beganAt) : "";
  const body = $("sheet-body");
  const atEnd = body.scrollTop + body.clientHeight >= body.scrollHeight - 8;
  draw(body, [run, details], () =>
    details ? contents(run, details) : [h("p", { class: "muted" }, "The Hub has the record of this execution.")],
  );
  if (atEnd && run?.status === "running") body.scrollTop = body.scrollHeight;
  if (!$("sheet").open) $("sheet").showModal();
}

function factsOf(run) {
  const parts = [STATUS[run.status] ?? run.status, when(run.beganAt)];
  if (run.endedAt) parts.push(took(run));
  parts.push(run.draft ? "draft" : `version ${run.version}`, run.executionId);
  return parts.join(" · ");
}

function contents(run, { lines, linesDropped, pictures }) {
  return [
    run?.failure ? failureCard(run.failure) : null,
    run?.status === "interrupted"
      ? note(
          "The runner ended in the middle of it, or could not reach the Hub for too long. What it did last is unknown; the Hub says what becomes of it.",
        )
      : null,
    pictures.length ? gallery(run, pictures) : null,
    h("h3", { id: "log-title" }, "Log"),
    linesDropped
      ? h("p", { class: "muted small" }, `${linesDropped.toLocaleString()} earlier lines are in the Hub alone.`)
      : null,
    lines.length ? logOf(lines) : h("p", { class: "muted" }, "It said nothing."),
  ].filter(Boolean);
}

const note = (text) => h("p", { class: "note" }, text);

const failureCard = ({ code, message, nodeId }) =>
  h(
    "div",
    { class: "note bad" },
    h("p", { class: "strong" }, message),
    h("p", { class: "small muted" }, nodeId ? `${code} at ${nodeId}` : code),
  );

const gallery = (run, pictures) =>
  h(
    "div",
    { class: "gallery" },
    ...pictures.map(({ id, name }) => {
      const source = `/api/runs/${encodeURIComponent(run.attemptId)}/pictures/${encodeURIComponent(id)}`;
      return h(
        "a",
        { href: source, target: "_blank", rel: "noopener" },
        h("img", { src: source, alt: name, loading: "lazy" }),
        h("span", { class: "small cut" }, name),
      );
    }),
  );

const logOf = (lines) =>
  h(
    "ol",
    { class: "log", tabindex: "0", "aria-labelledby": "log-title" },
    ...lines.map(({ at, level, nodeId, message }) =>
      h(
        "li",
        { "data-level": level },
        h("time", { datetime: new Date(at * 1000).toISOString() }, lineTime(at)),
        h("span", { class: "level" }, level),
        h("span", { class: "node cut", title: nodeId ?? "" }, nodeId ?? ""),
        h("span", { class: "message" }, message),
      ),
    ),
  );
