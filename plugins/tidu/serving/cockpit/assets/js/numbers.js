import { el, unseen } from "./dom.js";
import { language, say, term } from "./wording.js";

// How figures look. A figure that is not published is never shown as a number: it bears its mark.

const RATE = "比率";
const CHINESE_STEPS = [[1e8, "亿"], [1e4, "万"]];
const ENGLISH_STEPS = [[1e12, "trn"], [1e9, "bn"], [1e6, "m"]];

export function statusAt(series, at) {
  if (!series) return "-";
  return series.status ? series.status[at] : ".";
}

export function at(series, measure, index) {
  return series?.[measure]?.[index] ?? null;
}

export function scaled(value, unit) {
  // Returns the figure in steps people speak in, and what stands behind it: 12345 元 is 1.23 万元.
  if (unit === RATE) return { figure: percent(value), unit: "" };
  const english = language() === "en";
  const [step, word] = (english ? ENGLISH_STEPS : CHINESE_STEPS).find(([size]) => Math.abs(value) >= size) ?? [1, ""];
  const figure = value / step;
  const places = step === 1 ? (Number.isInteger(value) ? 0 : 2) : Math.abs(figure) >= 1000 ? 0 : Math.abs(figure) >= 100 ? 1 : 2;
  return { figure: grouped(figure, places), unit: english ? `${word} ${term(unit)}`.trim() : `${word}${unit}` };
}

export function short(value, unit) {
  const told = scaled(value, unit);
  return language() === "en" ? `${told.figure} ${told.unit}`.trim() : `${told.figure}${told.unit}`;
}

export function tick(value, unit) {
  // For axes: as short as it can be.
  if (value === 0) return "0";
  const told = scaled(value, unit);
  return `${told.figure.replace(/(\.\d*?)0+(?=%|$)/, "$1").replace(/\.(?=%|$)/, "")}${language() === "en" ? ` ${told.unit.replace(term(unit), "").trim()}` : told.unit.replace(unit, "")}`.trim();
}

export function full(value, unit) {
  if (value === null) return "—";
  return unit === RATE ? percent(value) : grouped(value, Number.isInteger(value) ? 0 : 2);
}

export function percent(ratio) {
  return `${grouped(ratio * 100, 1)}%`;
}

export function change(ratio) {
  // A direction is told by a sign and an arrow, never by colour alone.
  if (ratio === null) return el("span", { class: "same" }, "—", unseen(say("no_base")));
  const arrow = ratio > 0 ? "▲" : ratio < 0 ? "▼" : "";
  const sign = ratio > 0 ? "+" : ratio < 0 ? "−" : "";
  const kind = ratio > 0 ? "up" : ratio < 0 ? "down" : "same";
  return el("span", { class: kind }, el("span", { "aria-hidden": "true" }, arrow), `${sign}${percent(Math.abs(ratio))}`);
}

export function mark(status) {
  return el("span", { class: `mark mark-${status === "-" ? "none" : status}`, title: say(`mark_${status}_hint`) }, say(`mark_${status}`));
}

export function figure(value, status, unit) {
  // A cell of a table: the number in full, or why there is none, or both where the number is not complete.
  if (value === null) return status === "." ? "—" : mark(status);
  return status === "." ? full(value, unit) : el("span", {}, full(value, unit), " ", mark(status));
}

export function told(value, status, unit) {
  // The same as words, for labels of charts.
  if (value === null) return status === "." ? "—" : say(`mark_${status}`);
  return status === "." ? short(value, unit) : `${short(value, unit)} (${say(`mark_${status}`)})`;
}

export function unitOf(unit) {
  return unit === RATE ? "%" : term(unit);
}

function grouped(value, places) {
  return new Intl.NumberFormat(language() === "en" ? "en" : "zh-CN", {
    minimumFractionDigits: places, maximumFractionDigits: places,
  }).format(value);
}
