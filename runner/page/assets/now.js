// The panel on top: what the robot does now, in one sentence, and what a person can do about it.
import { $, draw, h, icon, setText, statusIcon } from "./dom.js";
import { bytes, duration, when } from "./words.js";

// The first that is true says what the page is about.
export function moodOf(state) {
  const count = state.running.length;
  if (state.screenUsedBy) return { mood: "active", mark: "i-mouse", ...screenInUse(state) };
  if (count) {
    const headline = count === 1 ? "The robot is working" : `The robot is working on ${count} executions`;
    return {
      mood: "active",
      mark: "i-gear",
      headline,
      explanation: workExplanation(state),
    };
  }
  if (state.leaving) return quiet("The robot is leaving", "It tells the Hub what is left to tell, and ends.");
  if (state.diskFull)
    return trouble(
      "The disk is full",
      "The robot takes no work until there is room: it could not write down what it does.",
    );
  if (!state.hub.connectedSince) return trouble("The Hub cannot be reached", offlineExplanation(state));
  if (state.pausedAt)
    return {
      ...quiet("Paused by you", `Since ${when(state.pausedAt)} the robot takes no work.`),
      mark: "i-pause",
    };
  if (state.draining)
    return {
      ...quiet("Paused by the Hub", "An administrator drains this runner: it gets no further work."),
      mark: "i-pause",
    };
  return quiet("Ready", "Waits for work from the Hub.");
}

const quiet = (headline, explanation) => ({
  mood: "quiet",
  mark: "i-clock",
  headline,
  explanation,
});
const trouble = (headline, explanation) => ({
  mood: "trouble",
  mark: "i-cloud-off",
  headline,
  explanation,
});

function screenInUse(state) {
  const paused = state.pausedAt ? " It takes no further work after this." : "";
  return {
    headline: "The robot is using your mouse and keyboard",
    explanation: `Please do not type or click.${paused}`,
  };
}

function workExplanation(state) {
  if (!state.hub.connectedSince) return offlineExplanation(state);
  if (state.pausedAt) return "Paused: it takes no further work after this.";
  if (state.draining) return "An administrator drains this runner: it gets no further work after this.";
  return "You can go on using this computer.";
}

function offlineExplanation(state) {
  const waiting = [];
  if (state.untold) waiting.push(state.untold === 1 ? "1 result" : `${state.untold} results`);
  if (state.unsentBytes) waiting.push(`${bytes(state.unsentBytes)} of logs`);
  const kept = waiting.length ? ` Kept for it on this computer: ${waiting.join(" and ")}.` : "";
  const reason = state.hub.trouble ? ` (${state.hub.trouble.replace(/[.\s]+$/, "")})` : "";
  return `The robot tries again by itself${reason}.${kept}`;
}

export function showNow(state, now, actions) {
  const { mood, mark, headline, explanation } = moodOf(state);
  $("now").dataset.mood = mood;
  $("mark").setAttribute("href", `#${mark}`);
  setText($("headline"), headline);
  setText($("explanation"), explanation);
  const stopping = state.running.length > 0 && state.running.every((each) => each.stopping);
  $("stop").hidden = state.running.length === 0;
  $("stop").disabled = stopping;
  $("stop").title = stopping ? "It is stopping already" : "Ends what runs here, and tells the Hub that you did";
  showPause(Boolean(state.pausedAt));
  const model = state.running.map((each) => [
    each.attemptId,
    each.workflow,
    each.node,
    each.stopping,
    state.screenUsedBy,
  ]);
  draw($("running"), model, () => state.running.map((each) => workRow(each, state, actions)));
  for (const each of $("running").querySelectorAll("[data-began]"))
    setText(each, duration(now - new Date(each.dataset.began)));
}

function showPause(paused) {
  const button = $("pause");
  button.hidden = false;
  draw(button, paused, () => [
    icon(paused ? "i-play" : "i-pause", { kind: "icon small" }),
    paused ? "Take work again" : "Pause",
  ]);
  button.title = paused ? "" : "What runs goes on; nothing new is taken, also after a restart";
}

function workRow(running, state, actions) {
  const several = state.running.length > 1;
  const stopOne = h(
    "button",
    {
      class: "button tiny",
      "data-key": running.attemptId,
      disabled: running.stopping,
      onclick: () => actions.stop(running.attemptId),
    },
    "Stop",
  );
  stopOne.setAttribute("aria-label", `Stop ${running.workflow}`);
  return h(
    "li",
    {},
    statusIcon(running.stopping ? "stopping" : "running"),
    h(
      "button",
      {
        class: "link strong cut",
        "data-key": `log ${running.attemptId}`,
        onclick: () => actions.open(running.attemptId),
      },
      running.workflow,
    ),
    h("span", { class: "muted cut grow" }, running.stopping ? "Stopping, ends within some seconds" : running.node),
    running.beganAt ? h("span", { class: "dim", "data-began": running.beganAt }) : null,
    several ? stopOne : null,
  );
}
