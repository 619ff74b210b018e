// Making and changing elements; text is always text, never markup.

export const $ = (id) => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, { size = 16, kind = "icon", status } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  if (status) svg.dataset.status = status;
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

export const statusIcon = (status) => icon(`s-${status}`, { size: 14, kind: "status", status });

// Draws only what is new, so that nothing that is read, focused or selected moves without need.
const drawn = new WeakMap();

export function draw(parent, model, children) {
  const key = JSON.stringify(model);
  if (drawn.get(parent) === key) return;
  drawn.set(parent, key);
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children());
  if (focused) [...parent.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)?.focus();
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
