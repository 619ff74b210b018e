// The form challenge: draws the form anew for each round and sends what was entered to the server, which judges it.
"use strict";

const FIELDS = ["First Name", "Last Name", "Company Name", "Role in Company", "Address", "Email", "Phone Number"];
const ROUNDS = 10;

const stage = document.getElementById("stage");
const random = generator(Number(document.body.dataset.seed));
const game = crypto.randomUUID();
const sent = [];
let round = 0;
let began = 0;

// Numbers in [0, 1) that follow from the seed (mulberry32).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(list) {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function newId() {
  return "f" + Math.floor(random() * 36 ** 8).toString(36);
}

// Labels are no labels of their fields to the browser: only their place says which field is meant.
function drawForm() {
  const inputs = new Map();
  const cells = shuffled(FIELDS).map((name) => {
    const input = made("input", { id: newId(), type: "text", autocomplete: "off" });
    inputs.set(name, input);
    return made("div", { className: "field" }, made("label", { textContent: name }), input);
  });
  const form = made(
    "form",
    {},
    made("h2", { textContent: `Round ${round} of ${ROUNDS}` }),
    made("div", { className: "fields" }, ...cells),
    made("button", { type: "submit", textContent: "Submit" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(Object.fromEntries([...inputs].map(([name, input]) => [name, input.value])));
  });
  stage.replaceChildren(form);
}

function submit(values) {
  sent.push(post("/challenge/rounds", { game, round, values }));
  if (round < ROUNDS) {
    round += 1;
    drawForm();
  } else {
    void finish(performance.now() - began);
  }
}

async function finish(milliseconds) {
  stage.replaceChildren(made("p", { textContent: "Counting…" }));
  try {
    await Promise.all(sent);
    const { right, fields } = await post("/challenge/result", { milliseconds: Math.round(milliseconds) });
    const share = Math.round((right / fields) * 100);
    stage.replaceChildren(
      made("h2", { textContent: "Done" }),
      made("p", {
        id: "result",
        textContent: `${right} of ${fields} fields right (${share} %) in ${Math.round(milliseconds)} ms`,
      }),
    );
  } catch (error) {
    stage.replaceChildren(made("p", { className: "alert", textContent: String(error) }));
  }
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

document.getElementById("start").addEventListener("click", () => {
  round = 1;
  began = performance.now();
  drawForm();
});
