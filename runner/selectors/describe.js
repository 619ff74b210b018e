// What an element is known by, read in the page; `ranking.Description` is its shape. A function expression, so that it
// can be evaluated on an element and be part of a recorder's script. It changes nothing on the page.
(element) => {
  const LONGEST = 200;
  const ROLES = {
    a: (e) => (e.hasAttribute("href") ? "link" : ""),
    article: () => "article",
    button: () => "button",
    dialog: () => "dialog",
    form: () => "form",
    h1: () => "heading",
    h2: () => "heading",
    h3: () => "heading",
    h4: () => "heading",
    h5: () => "heading",
    h6: () => "heading",
    img: () => "img",
    input: (e) =>
      ({
        button: "button",
        checkbox: "checkbox",
        email: "textbox",
        image: "button",
        number: "spinbutton",
        radio: "radio",
        range: "slider",
        reset: "button",
        search: "searchbox",
        submit: "button",
        tel: "textbox",
        text: "textbox",
        url: "textbox",
      })[e.type] || "",
    li: () => "listitem",
    main: () => "main",
    nav: () => "navigation",
    option: () => "option",
    select: (e) => (e.multiple || e.size > 1 ? "listbox" : "combobox"),
    table: () => "table",
    td: () => "cell",
    textarea: () => "textbox",
    th: () => "columnheader",
    tr: () => "row",
    ul: () => "list",
  };
  // Other roles, a list's item for instance, take no name from what they contain.
  const NAMED_BY_TEXT = new Set(
    "button cell checkbox columnheader gridcell heading link menuitem option radio row rowheader switch tab treeitem".split(
      " ",
    ),
  );
  const joined = (text) => (text || "").replace(/\s+/g, " ").trim().slice(0, LONGEST);
  const tag = element.localName;
  const root = element.getRootNode();
  const attribute = (name) => element.getAttribute(name) || "";

  const labelled = () => {
    const parts = attribute("aria-labelledby")
      .split(/\s+/)
      .map((id) => id && root.getElementById && root.getElementById(id))
      .filter(Boolean)
      .map((each) => joined(each.textContent));
    if (parts.length) return parts.join(" ");
    if (joined(attribute("aria-label"))) return joined(attribute("aria-label"));
    const label = element.labels && element.labels[0];
    if (!label) return "";
    // A label around a list of choices would say all of them.
    const copy = label.cloneNode(true);
    copy.querySelectorAll("input, select, textarea, button").forEach((field) => field.remove());
    return joined(copy.textContent);
  };

  const shown = () => {
    if (tag === "input") return ["submit", "button", "reset"].includes(element.type) ? joined(element.value) : "";
    if (["select", "textarea", "html", "body", "table", "ul", "ol", "form"].includes(tag)) return "";
    // Words and their marks-up only: a container's text is that of its parts.
    const simple = [...element.querySelectorAll("*")].every((each) =>
      ["b", "br", "em", "i", "path", "small", "span", "strong", "svg", "use"].includes(each.localName),
    );
    return simple ? joined(element.innerText === undefined ? element.textContent : element.innerText) : "";
  };

  const quoted = (name) => CSS.escape(name);
  const step = (each) => {
    const parent = each.parentElement || each.getRootNode();
    const equals = [...(parent.children || [])].filter((other) => other.localName === each.localName);
    return equals.length > 1
      ? `${quoted(each.localName)}:nth-of-type(${equals.indexOf(each) + 1})`
      : quoted(each.localName);
  };
  const path = () => {
    const steps = [];
    for (let each = element; each; ) {
      steps.unshift(step(each));
      // The search goes through open shadow roots, so the host is the next step.
      each = each.parentElement || (each.getRootNode() instanceof ShadowRoot ? each.getRootNode().host : null);
    }
    return steps.join(" > ");
  };

  const label = labelled();
  const text = shown();
  const role = attribute("role").split(" ")[0] || (ROLES[tag] ? ROLES[tag](element) : "");
  const named = NAMED_BY_TEXT.has(role) ? text : "";
  return {
    tag,
    id: element.id || "",
    data: Object.fromEntries(
      [...element.attributes].filter((each) => each.name.startsWith("data-")).map((each) => [each.name, each.value]),
    ),
    name: attribute("name"),
    type: attribute("type"),
    placeholder: attribute("placeholder"),
    text,
    label,
    role,
    roleName: label || joined(attribute("alt")) || named || joined(attribute("placeholder") || attribute("title")),
    classes: [...element.classList],
    path: path(),
    secret: tag === "input" && element.type === "password",
  };
}
