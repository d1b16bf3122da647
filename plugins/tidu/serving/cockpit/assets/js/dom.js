// Elements are made here and nowhere else. Texts become text nodes: nothing a department or an enterprise wrote is ever
// read as markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function unseen(text) {
  return el("span", { class: "unseen" }, text);
}

export function table(heading, columns, rows, { stacked = false, foot = null } = {}) {
  // columns: [{text, number}]; rows and foot: arrays of cells, text or node, the first one heading its row. Roles are
  // written out where a narrow screen shows rows as blocks, which would take them away.
  const role = (name) => (stacked ? { role: name } : {});
  const row = (cells) => el("tr", role("row"), ...cells.map((cell, at) => {
    const attributes = { "data-label": columns[at].text, class: columns[at].number ? "number" : null };
    return at === 0
      ? el("th", { ...attributes, scope: "row", ...role("rowheader") }, cell)
      : el("td", { ...attributes, ...role("cell") }, cell);
  }));
  const head = el("tr", role("row"), ...columns.map((column) =>
    el("th", { scope: "col", class: column.number ? "number" : null, ...role("columnheader") }, column.text)));
  return el("table", { class: stacked ? "stacked" : null, ...role("table") },
    el("caption", { class: "unseen" }, heading),
    el("thead", role("rowgroup"), head),
    el("tbody", role("rowgroup"), ...rows.map(row)),
    foot ? el("tfoot", role("rowgroup"), row(foot)) : null);
}

export function scrolled(label, content) {
  // A table wider than the screen scrolls in a box of its own, by keyboard too.
  return el("div", { class: "scrolled", role: "region", "aria-label": label, tabindex: "0" }, content);
}

export function select(id, label, options, chosen, onChange) {
  const box = el("select", { id, on: { change: () => onChange(box.value) } }, ...options.map(([value, text]) =>
    el("option", { value, selected: value === chosen }, text)));
  return el("span", { class: "field" }, el("label", { for: id }, label), box);
}

export function panel(id, title, ...content) {
  return el("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...content);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") Object.entries(value).forEach(([event, handler]) => node.addEventListener(event, handler));
    else if (name === "style") Object.entries(value).forEach(([property, text]) => node.style.setProperty(property, text));
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
