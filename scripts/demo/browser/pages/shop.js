// The robot order shop: one order after the other. The server takes orders or, when its press is jammed, does not.
"use strict";

const PARTS = ["Kettle", "Lantern", "Pillar", "Teapot", "Spanner", "Bellows"];
const COLOURS = ["#c0392b", "#2471a3", "#1e8449", "#b7950b", "#7d3c98", "#34495e"];
const SVG = "http://www.w3.org/2000/svg";

const stage = document.getElementById("stage");
let visits = Number(document.body.dataset.seed);

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

function field(title, ...children) {
  return made("div", { className: "field" }, made("label", { textContent: title }), ...children);
}

// Each part's number shows in its colour and in its form.
function robot({ head, body, legs }) {
  const colour = (number) => COLOURS[(number - 1) % COLOURS.length];
  const eyes = [...Array(head).keys()].map((eye) =>
    drawn("circle", { cx: 60 + ((eye + 1) * 80) / (head + 1), cy: 50, r: 5, fill: "#fff" }),
  );
  const bolts = [...Array(body).keys()].map((bolt) =>
    drawn("rect", { x: 92, y: 96 + bolt * 14, width: 16, height: 8, fill: "#fff" }),
  );
  const feet = [...Array(legs).keys()].map((foot) =>
    drawn("rect", { x: 40 + ((foot + 1) * 120) / (legs + 1) - 7, y: 190, width: 14, height: 60, fill: colour(legs) }),
  );
  return drawn(
    "svg",
    { viewBox: "0 0 200 260", width: 200, height: 260, role: "img", "aria-label": "Your robot" },
    drawn("rect", { x: 60, y: 20, width: 80, height: 60, rx: 12, fill: colour(head) }),
    ...eyes,
    drawn("rect", { x: 50, y: 86, width: 100, height: 104, rx: 10, fill: colour(body) }),
    ...bolts,
    ...feet,
  );
}

function newOrder() {
  visits += 1;
  const heads = PARTS.map((name, index) => made("option", { value: String(index + 1), textContent: `${name} head` }));
  const head = made("select", { id: "head" }, made("option", { value: "", textContent: "Choose a head" }), ...heads);
  const bodies = PARTS.map((name, index) => {
    const radio = made("input", { type: "radio", name: "body", value: String(index + 1), id: `body-${index + 1}` });
    return made("div", {}, radio, made("label", { htmlFor: radio.id, textContent: ` ${name} body` }));
  });
  // Like the clock's time of a page's loading: never the same twice.
  const legs = made("input", {
    id: String(1_600_000_000 + visits * 7_919),
    type: "number",
    min: "1",
    max: "6",
    placeholder: "Part number of the legs",
  });
  const address = made("input", { id: "address", type: "text", placeholder: "Where the robot goes", autocomplete: "off" });
  const preview = made("button", { type: "button", id: "preview", textContent: "Preview" });
  const order = made("button", { type: "submit", id: "order", textContent: "Order" });
  const picture = made("div", { id: "picture" });
  const form = made("form", {}, field("Head", head), field("Body", ...bodies), field("Legs", legs));
  form.noValidate = true;
  form.append(field("Address", address), preview, " ", order);
  const chosen = () => ({
    head: Number(head.value),
    body: Number(form.elements.body.value),
    legs: Number(legs.value),
    address: address.value.trim(),
  });
  preview.addEventListener("click", () => showPreview(form, picture, chosen()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, order, chosen());
  });
  stage.replaceChildren(
    made("div", { className: "columns" }, made("div", { className: "card" }, form), made("div", {}, picture)),
    notice(),
  );
}

function notice() {
  const veil = made("div", { className: "veil" });
  const agree = made("button", { type: "button", textContent: "Agreed" });
  agree.addEventListener("click", () => veil.remove());
  const text = made("p", { textContent: "Robots are not toys. Keep them away from stairs, soup and small children." });
  const dialog = made("div", { className: "card" }, text, agree);
  dialog.setAttribute("role", "dialog");
  veil.append(dialog);
  return veil;
}

function warn(form, text) {
  const alert = made("div", { className: "alert", textContent: text });
  alert.setAttribute("role", "alert");
  form.before(alert);
}

function unwarn() {
  for (const alert of stage.querySelectorAll(".alert")) alert.remove();
}

function isWhole({ head, body, legs }) {
  return [head, body, legs].every((number) => Number.isInteger(number) && number >= 1 && number <= PARTS.length);
}

function showPreview(form, picture, order) {
  unwarn();
  if (isWhole(order)) picture.replaceChildren(robot(order));
  else warn(form, "Choose a head, a body and legs from 1 to 6.");
}

// The last warning goes before the order does, so that what is seen afterwards is about this order.
async function submit(form, button, order) {
  unwarn();
  if (!isWhole(order) || !order.address) {
    warn(form, "Choose a head, a body and legs from 1 to 6, and say where the robot goes.");
    return;
  }
  button.disabled = true;
  try {
    const response = await fetch("/shop/orders", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    });
    const answer = await response.json();
    if (response.ok) showReceipt(order, answer.number);
    else warn(form, answer.reason);
  } catch (error) {
    warn(form, String(error));
  } finally {
    button.disabled = false;
  }
}

function showReceipt(order, number) {
  const lines = [
    ["Order", number],
    ["Head", PARTS[order.head - 1]],
    ["Body", PARTS[order.body - 1]],
    ["Legs", order.legs],
    ["Address", order.address],
  ];
  const rows = lines.map(([name, value]) =>
    made("tr", {}, made("th", { textContent: name }), made("td", { textContent: String(value) })),
  );
  const receipt = made(
    "div",
    { id: "receipt" },
    made("h2", { textContent: "Receipt" }),
    made("table", {}, made("tbody", {}, ...rows)),
    made("p", { textContent: "Thank you. Your robot is being put together." }),
  );
  const again = made("button", { type: "button", id: "order-another", textContent: "Order another robot" });
  again.addEventListener("click", newOrder);
  const picture = made("div", { id: "picture" }, robot(order));
  stage.replaceChildren(
    made("div", { className: "columns" }, made("div", { className: "card" }, receipt, again), picture),
  );
}

newOrder();
