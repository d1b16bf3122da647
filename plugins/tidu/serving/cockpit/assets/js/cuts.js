import { asTable, axes, chart, MAIN, TIP, tip } from "./charts.js";
import { el, panel, scrolled, select, table } from "./dom.js";
import { at, change, figure, percent, statusAt, tick, told, unitOf } from "./numbers.js";
import { go } from "./route.js";
import { monthsOfCuts } from "./source.js";
import { pick, say, term } from "./wording.js";

// How an indicator is made up: by industry, size, zone or tier, whatever the release has for it.

export function cuts(c) {
  const title = say("titled", { title: say("cuts"), name: pick(c.indicator.name) });
  if (c.cuts === null) return panel("cuts", title, notHeld(c));
  const possible = Object.keys(c.cuts.figures).filter((code) => c.cuts.figures[code][c.indicator.code]);
  if (!possible.length) return panel("cuts", title, el("p", { class: "hint" }, say("cuts_none")));
  const code = possible.includes(c.cut) ? c.cut : possible[0];
  const known = c.start.breakdowns.find((b) => b.code === code);
  const series = c.cuts.figures[code][c.indicator.code];
  const names = Object.fromEntries((known?.values ?? []).map((v) => [v.value, v.name]));
  const rows = c.cuts.values[code].map((value, index) => ({ name: term(names[value] ?? value), value: at(series, "value", index), status: statusAt(series, index), yoy: at(series, "yoy", index), mom: at(series, "mom", index) })).filter((row) => row.status !== "-");
  const label = say("cuts_label", { indicator: pick(c.indicator.name), cut: known ? pick(known.name) : code, place: c.placeName, period: c.period });
  return panel("cuts", title,
    el("div", { class: "choices" }, select("cuts-choice", say("cuts_choice"), possible.map((cut) => [cut, nameOf(c, cut)]), code, (cut) => go({ cut }))),
    bars(c, rows, label),
    asTable(sheet(c, rows, label)));
}

export function notHeld(c) {
  return el("p", { class: "hint" }, say("cuts_not_held", { months: monthsOfCuts(c.place) }));
}

function nameOf(c, code) {
  const known = c.start.breakdowns.find((b) => b.code === code);
  return known ? pick(known.name) : code;
}

function bars(c, rows, label) {
  const { unit } = c.indicator;
  const drawn = [...rows].sort((a, b) => (a.value ?? -Infinity) - (b.value ?? -Infinity));
  const base = axes(unitOf(unit), (number) => tick(number, unit));
  const option = {
    grid: { ...base.grid, top: 4, right: 76 },
    xAxis: { ...base.yAxis, name: undefined, splitNumber: 3, axisLabel: { ...base.yAxis.axisLabel, hideOverlap: true } },
    yAxis: { ...base.xAxis, data: drawn.map((row) => row.name), axisLabel: { ...base.xAxis.axisLabel, width: 150, overflow: "truncate" } },
    tooltip: { ...TIP, trigger: "item", formatter: ({ dataIndex }) => tip(lines(c, drawn[dataIndex])) },
    series: [{
      type: "bar", color: MAIN, barMaxWidth: 16,
      data: drawn.map((row) => ({ value: row.value ?? 0, label: { formatter: told(row.value, row.status, unit) } })),
      label: { show: true, position: "right", color: "#1c2733" },
    }],
  };
  return chart("cuts-chart", label, option, { height: Math.max(120, 26 * drawn.length + 40) });
}

function lines(c, row) {
  const ratio = (key) => (row[key] === null ? [] : [`${say(key)} ${row[key] > 0 ? "+" : ""}${percent(row[key])}`]);
  return [row.name, told(row.value, row.status, c.indicator.unit), ...ratio("yoy"), ...ratio("mom")];
}

function sheet(c, rows, label) {
  const number = (text) => ({ text, number: true });
  return scrolled(label, table(label, [{ text: say("cut_value") }, number(say("with_unit", { name: say("value"), unit: unitOf(c.indicator.unit) })), number(say("yoy")), number(say("mom"))],
    rows.map((row) => [row.name, figure(row.value, row.status, c.indicator.unit), change(row.yoy), change(row.mom)])));
}
