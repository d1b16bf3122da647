import { el, svg, unseen } from "./dom.js";
import { at, change, mark, percent, scaled, short, statusAt } from "./numbers.js";
import { CITY, go } from "./route.js";
import { pick, say, term } from "./wording.js";

// One card per indicator of the release, in groups by department: figure, change on the year and the month, and how it
// went so far. A card chooses its indicator for everything below.

const WIDTH = 96;
const HEIGHT = 30;

export function cards(c) {
  const groups = new Map();
  for (const indicator of c.start.indicators) {
    const name = indicator.department ? term(indicator.department) : say("department_other");
    groups.set(name, [...(groups.get(name) ?? []), indicator]);
  }
  return el("section", { class: "cards", id: "cards", "aria-labelledby": "cards-title" },
    el("h2", { id: "cards-title" }, say("indicators"), el("small", {}, say("indicators_hint"))),
    ...[...groups].map(([name, indicators]) => el("div", { class: "group" },
      el("h3", {}, name),
      el("ul", {}, ...indicators.map((indicator) => el("li", {}, card(c, indicator)))))));
}

function card(c, indicator) {
  const series = c.own.figures[indicator.code];
  const status = statusAt(series, c.index);
  return el("button", {
    type: "button", class: "card", id: `card-${indicator.code}`, title: pick(indicator.definition),
    "aria-pressed": String(indicator.code === c.indicator.code),
    on: { click: (event) => choose(indicator, event.detail > 0) },
  },
  el("span", { class: "name" }, pick(indicator.name)),
  series
    ? el("span", { class: "main" }, value(at(series, "value", c.index), status, indicator.unit), sparkline(series, c.index))
    : el("span", { class: "value quiet" }, say("not_in_scope")),
  series ? changes(series, c.index) : null,
  series ? beside(c, indicator) : null);
}

function choose(indicator, byPointer) {
  // On a narrow screen what changes lies below; whoever pointed is taken there, whoever uses keys stays where they are.
  go({ indicator: indicator.code });
  const detail = document.getElementById("map");
  if (byPointer && detail && detail.getBoundingClientRect().top > innerHeight) detail.scrollIntoView();
}

function value(number, status, unit) {
  if (number === null) return el("span", { class: "value" }, status === "." ? "—" : mark(status));
  const told = scaled(number, unit);
  return el("span", { class: "value" }, told.figure, el("small", {}, ` ${told.unit}`), status === "." ? null : mark(status));
}

function changes(series, index) {
  const one = (key) => el("span", {}, `${say(key)} `, change(at(series, key, index)));
  return el("span", { class: "changes" }, one("yoy"), unseen("; "), one("mom"));
}

function beside(c, indicator) {
  // What a district's figure is measured against: the city's, and its share where districts add up.
  if (c.place === CITY) return null;
  const city = at(c.city.figures[indicator.code], "value", c.index);
  if (city === null) return null;
  const own = at(c.own.figures[indicator.code], "value", c.index);
  const told = short(city, indicator.unit);
  const text = indicator.additive && own !== null && city > 0
    ? say("in_city_share", { value: told, share: percent(own / city) })
    : say("in_city", { value: told });
  return el("span", { class: "beside" }, text);
}

export function sparkline(series, index) {
  // A month without a figure leaves a gap in the line; the chosen month is the dot.
  const values = series.value ?? [];
  const numbers = values.filter((number) => number !== null);
  if (numbers.length < 2) return null;
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low || 1;
  const x = (at) => 2 + (at * (WIDTH - 4)) / Math.max(values.length - 1, 1);
  const y = (number) => HEIGHT - 3 - ((number - low) * (HEIGHT - 6)) / span;
  let path = "";
  values.forEach((number, at) => {
    if (number !== null) path += `${at === 0 || values[at - 1] === null ? "M" : "L"}${x(at).toFixed(1)} ${y(number).toFixed(1)}`;
  });
  const now = values[index];
  return svg("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: path }),
    now === null || now === undefined ? null : svg("circle", { cx: x(index), cy: y(now), r: 2.6 }));
}

