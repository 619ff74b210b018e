// How many elements of the page could be taken for this one by each of its names, and what it stands beside: read
// before the page reacts to what was done. A function expression; `describe` is the selectors'. It changes nothing.
(element, describe) => {
  const MOST_CLASSMATES = 300;
  const LONGEST_NAME = 80;
  const own = describe(element);
  const joined = (text) => (text || "").replace(/\s+/g, " ").trim();
  const attribute = (each, name) => each.getAttribute(name) || "";

  function* everything(root) {
    for (const each of root.querySelectorAll("*")) {
      yield each;
      if (each.shadowRoot) yield* everything(each.shadowRoot);
    }
  }

  // Without layout, unlike `describe`: asked of every element.
  const says = (each, text) => joined(each.textContent) === text && !["SCRIPT", "STYLE"].includes(each.tagName);
  const shows = (each, text) =>
    each instanceof HTMLInputElement
      ? ["submit", "button", "reset"].includes(each.type) && joined(each.value) === text
      : says(each, text) && ![...each.children].some((child) => says(child, text));
  const mayHaveLabel = (each) =>
    each.matches("button, input, select, textarea, output, meter, progress, [aria-label], [aria-labelledby]");
  const isNamed = own.roleName && own.roleName.length <= LONGEST_NAME;

  const counts = { id: 0, name: 0, placeholder: 0, text: 0, label: 0, role: 0 };
  for (const name of Object.keys(own.data)) counts[name] = 0;
  const classmates = [];
  const all = [...everything(document)];
  for (const each of all) {
    if (each.id === own.id) counts.id += 1;
    if (attribute(each, "name") === own.name) counts.name += 1;
    const sameType = !own.type || attribute(each, "type") === own.type;
    if (sameType && attribute(each, "placeholder") === own.placeholder) counts.placeholder += 1;
    for (const [name, value] of Object.entries(own.data)) if (attribute(each, name) === value) counts[name] += 1;
    if (own.text && shows(each, own.text)) counts.text += 1;
    if (own.label && mayHaveLabel(each) && describe(each).label === own.label) counts.label += 1;
    if (own.role && (each.localName === element.localName || each.hasAttribute("role"))) {
      const other = describe(each);
      if (other.role === own.role && (!isNamed || other.roleName === own.roleName)) counts.role += 1;
    }
    const alike = each.localName === element.localName && own.classes.some((name) => each.classList.contains(name));
    if (alike && classmates.length <= MOST_CLASSMATES) classmates.push([...each.classList]);
  }

  // The label in front of a field that no markup ties to it.
  const beside = (sibling, relation) => {
    const text = sibling ? joined(sibling.textContent) : "";
    if (!text || text.length > LONGEST_NAME || !shows(sibling, text)) return null;
    return all.filter((each) => shows(each, text)).length === 1 ? { relation, text } : null;
  };
  const anchor =
    beside(element.previousElementSibling, "nextSibling") || beside(element.nextElementSibling, "previousSibling");
  return { counts, classmates, anchor };
}
