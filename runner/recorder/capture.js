// Runs in every document of the recorder's browser: sends what a person does to an element, and never a secret value.
// A function expression; `describe` is the selectors', `rivals` its neighbour here. `exekraRecord` is the way out; it is
// taken off the window before any script of the page runs.
(describe, rivals) => {
  "use strict";
  const send = window.exekraRecord;
  if (!send) return;
  delete window.exekraRecord;

  const BUTTONS = new Set(["button", "submit", "reset", "image"]);
  const TICKS = new Set(["checkbox", "radio"]);
  const SECRETS = /\b(current-password|new-password|one-time-code|cc-number|cc-csc)\b/;
  const ACTIVE =
    'a[href], button, input, select, textarea, summary, label, option, [role="button"], [role="link"], ' +
    '[role="menuitem"], [role="option"], [role="tab"], [role="switch"], [role="checkbox"], [onclick]';
  const LONGEST_LABEL = 60;
  const MOST_CLICKS = 1_000;
  const SAME_MILLISECONDS = 2_000;
  const secret = new WeakSet();
  let known = { element: null, until: 0, names: {} };

  const isInput = (element) => element instanceof HTMLInputElement;
  const isTick = (element) => isInput(element) && TICKS.has(element.type);
  const isFile = (element) => isInput(element) && element.type === "file";
  const isText = (element) =>
    element instanceof HTMLTextAreaElement ||
    (isInput(element) && !BUTTONS.has(element.type) && !isTick(element) && !isFile(element));

  // Once a password, always one: pages have buttons that show what is typed.
  function isSecret(element) {
    if (!isText(element)) return false;
    const masked = getComputedStyle(element).webkitTextSecurity;
    if (element.type === "password" || SECRETS.test(element.autocomplete) || (masked && masked !== "none")) {
      secret.add(element);
    }
    return secret.has(element);
  }

  // The element under the pointer, also inside open shadow roots.
  const touched = (event) => {
    const first = event.composedPath()[0];
    return first instanceof Element ? first : first?.parentElement;
  };

  const editor = (element) => {
    let top = element.isContentEditable ? element : null;
    while (top?.parentElement?.isContentEditable) top = top.parentElement;
    return top;
  };

  function shortened(text) {
    const plain = (text || "").replace(/\s+/g, " ").trim();
    return plain.length > LONGEST_LABEL ? plain.slice(0, LONGEST_LABEL - 1) + "…" : plain;
  }

  // What a person would call an element that no label names.
  function labelOf(element) {
    const own = isText(element) || element instanceof HTMLSelectElement ? "" : element.innerText;
    const button = isInput(element) && BUTTONS.has(element.type) ? element.value : "";
    const names = [
      own,
      button,
      element.getAttribute("placeholder"),
      element.getAttribute("title"),
      element.getAttribute("alt"),
    ];
    return shortened(names.find((name) => shortened(name)) ?? "");
  }

  // Not for every letter anew: on large pages that would be felt.
  function namesOf(element) {
    if (known.element !== element || performance.now() > known.until) {
      const names = { element: describe(element), ...rivals(element, describe), label: labelOf(element) };
      known = { element, until: performance.now() + SAME_MILLISECONDS, names };
    }
    return known.names;
  }

  function tell(kind, element, more = {}) {
    send(JSON.stringify({ kind, ...namesOf(element), ...more }));
  }

  function tellText(element) {
    if (isSecret(element)) tell("fill", element, { secret: true });
    else tell("fill", element, { value: element.value });
  }

  function onClick(event) {
    const under = touched(event);
    if (!event.isTrusted || !under) return;
    const element = under.closest(ACTIVE) || editor(under) || under;
    // What these do is told by `change`; a label's click comes again from what it labels.
    if (isTick(element) || isFile(element) || element instanceof HTMLOptionElement) return;
    if (element instanceof HTMLSelectElement) return;
    if (element instanceof HTMLLabelElement && element.control) return;
    if (isSecret(element)) return;
    const held = { Alt: event.altKey, Control: event.ctrlKey, Meta: event.metaKey, Shift: event.shiftKey };
    tell("click", element, {
      button: event.button === 1 ? "middle" : "left",
      count: Math.min(event.detail, MOST_CLICKS),
      modifiers: Object.keys(held).filter((key) => held[key]),
      byKeyboard: event.detail === 0 && event.button === 0,
    });
  }

  // Of the other buttons only the middle one does something to a page: it opens links in tabs.
  const onOtherClick = (event) => event.button === 1 && onClick(event);

  function onInput(event) {
    const element = touched(event);
    if (!event.isTrusted || !element) return;
    if (isText(element)) tellText(element);
    else if (editor(element)) tell("fill", editor(element), { value: editor(element).innerText });
  }

  function onChange(event) {
    const element = touched(event);
    // What a page changes by itself it will change again.
    if (!element || (!event.isTrusted && !isFile(element))) return;
    if (element instanceof HTMLSelectElement) {
      const chosen = [...element.selectedOptions];
      tell("select", element, { options: chosen.map((option) => option.label), multiple: element.multiple });
    } else if (isTick(element)) tell("check", element, { checked: element.checked });
    else if (isFile(element)) tell("upload", element, { names: [...element.files].map((file) => file.name) });
    else if (isText(element)) tellText(element);
  }

  function onKey(event) {
    const element = touched(event);
    if (!event.isTrusted || !element || event.isComposing || event.repeat) return;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    // Enter in longer text is part of the text; on buttons and links it is a click.
    const writes = element instanceof HTMLTextAreaElement || element.isContentEditable;
    const presses = element.closest('button, a[href], summary, input[type="submit"], input[type="button"]');
    if (plain && (event.key === "Escape" || (event.key === "Enter" && !writes && !presses))) {
      tell("press", element, { key: event.key });
    }
  }

  // On the window and before the page: what a page stops on its way is still seen here.
  window.addEventListener("click", onClick, true);
  window.addEventListener("auxclick", onOtherClick, true);
  window.addEventListener("input", onInput, true);
  window.addEventListener("change", onChange, true);
  window.addEventListener("keydown", onKey, true);
}
