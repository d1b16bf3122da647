import { notHeld } from "./cuts.js";
import { el, panel, scrolled, table } from "./dom.js";
import { at, figure, full, percent, statusAt, unitOf } from "./numbers.js";
import { CITY } from "./route.js";
import { pick, say, says, term } from "./wording.js";

// Enterprises by tier: every indicator of the release that is told by tier is a column. For the city the plan's targets
// stand below.

export function tiers(c) {
  const label = say("tiers_label", { place: c.placeName, period: c.period, scope: says(`scope_${c.scope}`) ? say(`scope_${c.scope}`) : c.scope });
  return panel("tiers", say("tiers"), byTier(c, label), c.place === CITY ? targets(c) : null);
}

function byTier(c, label) {
  if (c.cuts === null) return notHeld(c);
  const found = c.cuts.figures.tier ?? {};
  const indicators = c.start.indicators.filter((i) => found[i.code]);
  if (!indicators.length) return el("p", { class: "hint" }, say("tiers_none"));
  const most = Math.max(1, ...indicators.flatMap((i) => found[i.code].value ?? []).filter((number) => number !== null));
  const rows = c.cuts.values.tier.map((tier, index) => [
    term(tier),
    ...indicators.map((i) => {
      const number = at(found[i.code], "value", index);
      return el("span", { class: "barred" }, el("span", { class: "bar", "aria-hidden": "true", style: { width: `${Math.round((100 * Math.max(number ?? 0, 0)) / most)}%` } }), el("span", {}, figure(number, statusAt(found[i.code], index), i.unit)));
    }),
  ]);
  return scrolled(label, table(label, [{ text: say("tier") }, ...indicators.map((i) => ({ text: say("with_unit", { name: pick(i.name), unit: unitOf(i.unit) }), number: true }))], rows));
}

function targets(c) {
  const rows = c.targets.targets;
  const title = el("h3", {}, say("targets"), rows.length ? el("small", {}, say("targets_as_of", { as_of: c.start.release.as_of })) : null);
  if (!rows.length) return el("div", { class: "tiers-plan" }, title, el("p", { class: "hint" }, say("targets_none")));
  const columns = [{ text: say("target_name") }, { text: say("target_year"), number: true }, { text: say("target_value"), number: true }, { text: say("target_actual"), number: true }, { text: say("target_progress") }, { text: say("status") }];
  return el("div", { class: "tiers-plan" }, title, table(say("targets"), columns, rows.map((row) => [
    el("span", {}, pick(row.name), el("small", { class: "plan" }, pick(row.plan_name))),
    row.year === null ? "—" : String(row.year), amount(row.target, row.unit), row.reason === "hidden" ? say("target_hidden") : amount(row.actual, row.unit), progress(row), say(`target_${row.status}`),
  ]), { stacked: true }));
}

function amount(number, unit) {
  return number === null ? "—" : `${full(number, unit)}${unit && unit !== "比率" ? ` ${term(unit)}` : ""}`;
}

function progress(row) {
  if (row.progress === null) return "—";
  return el("span", { class: "progress" },
    el("progress", { max: "1", value: String(Math.min(Math.max(row.progress, 0), 1)), "aria-label": `${pick(row.name)} ${say("target_progress")}` }), ` ${percent(row.progress)}`);
}
