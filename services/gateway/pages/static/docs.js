// The documentation: search, buttons that copy code, and opening what an address points to.
const filter = document.getElementById("filter");
const reading = document.getElementById("reading");
const found = document.getElementById("found");
const sections = [...document.querySelectorAll("section.searched")].map((section) => ({
  section,
  items: [...section.querySelectorAll(".operation")].map((item) => ({
    item,
    text: item.querySelector("summary").textContent.toLowerCase(),
  })),
}));

function search() {
  const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let total = 0;
  for (const { section, items } of sections) {
    let shown = 0;
    for (const { item, text } of items) {
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown += 1;
    }
    section.hidden = shown === 0;
    total += shown;
  }
  reading.hidden = words.length > 0;
  document.querySelector(".docs").classList.toggle("searching", words.length > 0);
  found.hidden = words.length === 0;
  found.textContent = total === 0 ? `Nothing is called “${filter.value.trim()}”.` : `${total} found`;
}

if (filter) {
  filter.addEventListener("input", search);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape" && document.activeElement === filter) {
      filter.value = "";
      search();
    }
  });
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, 2000);
}

for (const figure of document.querySelectorAll("figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(button, figure.querySelector("code").textContent));
  figure.append(button);
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    if (filter && filter.value) {
      filter.value = "";
      search();
    }
    target.open = true;
    target.scrollIntoView();
  }
}

addEventListener("hashchange", openTarget);
openTarget();
