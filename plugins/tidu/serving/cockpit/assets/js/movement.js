import { asTable, axes, chart, MAIN, SECOND, TIP, tip } from "./charts.js";
import { el, panel, scrolled, table } from "./dom.js";
import { full, tick } from "./numbers.js";
import { CITY } from "./route.js";
import { say } from "./wording.js";

// How the stock of market entities became what it is: what came, what went, month by month.

const COMING = ["entered", "moved_in"];
const GOING = ["departed", "left_city", "moved_out"];
const BLUES = { entered: MAIN, moved_in: "#8db4d9", departed: SECOND, left_city: "#d99a5b", moved_out: "#ecc9a3" };

export function movement(c) {
  const rows = c.own.movement;
  if (!rows.length) return panel("movement", say("movement"), el("p", { class: "hint" }, say("movement_none")));
  const has = (key) => key in rows[0];
  const label = say("movement_label", { place: c.placeName, first: rows[0].period, last: rows.at(-1).period });
  const now = rows.find((row) => row.period === c.period);
  return panel("movement", say("movement"),
    now ? balance(now) : null,
    bars(rows, has, label),
    c.place === CITY ? el("p", { class: "hint" }, say("movement_city_hint")) : null,
    asTable(sheet(rows, has, label)));
}

function balance(now) {
  // The month's account in one line: opening, what came, what went, closing.
  const part = (key, sign) => key in now ? el("div", {}, el("dt", {}, say(key)), el("dd", {}, `${now[key] || sign === "=" ? sign : ""}${full(now[key], "户")}`)) : null;
  return el("dl", { class: "balance" }, part("opening", ""), ...COMING.map((key) => part(key, "+")), ...GOING.map((key) => part(key, "−")), part("closing", "="));
}

function bars(rows, has, label) {
  const base = axes("", (number) => tick(Math.abs(number), "户"));
  const one = (key, sign) => ({ name: say(key), type: "bar", stack: "all", color: BLUES[key], barMaxWidth: 18, data: rows.map((row) => sign * row[key]) });
  const option = {
    ...base,
    grid: { ...base.grid, top: 56 },
    legend: { top: 0, left: 0, itemWidth: 14, textStyle: { color: "#1c2733" } },
    xAxis: { ...base.xAxis, data: rows.map((row) => row.period) },
    tooltip: { ...TIP, trigger: "axis", formatter: (points) => tip([points[0].axisValue, ...points.map((p) => `${p.seriesName} ${full(Math.abs(p.value), "户")}`)]) },
    series: [...COMING.filter(has).map((key) => one(key, 1)), ...GOING.filter(has).map((key) => one(key, -1))],
  };
  return chart("movement-chart", label, option, { height: 280 });
}

function sheet(rows, has, label) {
  const keys = ["opening", ...COMING, ...GOING, "closing"].filter(has);
  return scrolled(label, table(label, [{ text: say("month") }, ...keys.map((key) => ({ text: say(key), number: true }))],
    [...rows].reverse().map((row) => [row.period, ...keys.map((key) => full(row[key], "户"))])));
}
