// Filters operations by what is typed, and opens the one an address points to.
const filter = document.getElementById("filter");
const operations = [...document.querySelectorAll("main section")].map((section) => ({
  section,
  items: [...section.querySelectorAll(".operation")],
}));

filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const { section, items } of operations) {
    let shown = 0;
    for (const item of items) {
      item.hidden = !item.querySelector("summary").textContent.toLowerCase().includes(wanted);
      if (!item.hidden) shown += 1;
    }
    section.hidden = shown === 0;
  }
});

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

addEventListener("hashchange", openTarget);
openTarget();
