// Light or dark before anything is drawn: the stored choice, else the system's.
const root = document.documentElement;
const ATTRIBUTE = "data-mantine-color-scheme";
const KEY = "exekra-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off
  }
}

function show() {
  root.setAttribute(ATTRIBUTE, chosen() ?? (dark.matches ? "dark" : "light"));
}

show();
dark.addEventListener("change", show);
addEventListener("click", (event) => {
  if (!event.target.closest("#theme")) return;
  const other = root.getAttribute(ATTRIBUTE) === "dark" ? "light" : "dark";
  root.setAttribute(ATTRIBUTE, other);
  try {
    localStorage.setItem(KEY, other);
  } catch {
    // It lasts for this visit.
  }
});
