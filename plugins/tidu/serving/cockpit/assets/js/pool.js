import { el, panel, table } from "./dom.js";
import { full } from "./numbers.js";
import { towardsList } from "./route.js";
import { say, says, term } from "./wording.js";

// How many enterprises of a place are in the seed pool, by tier and readiness; names behind a right of their own.

export const READINESS = ["ready", "near", "watch"];

export function readinessName(readiness) {
  return says(readiness) ? say(readiness) : readiness;
}

export function pool(c) {
  if (!c.pool) return null; // a file has none, and on a page it comes last
  if (c.pool.as_of === null) return panel("pool", say("pool"), el("p", { class: "hint" }, say("pool_none")));
  const about = el("p", { class: "hint" }, say("pool_as_of", { as_of: c.pool.as_of }));
  const tiers = [...new Set(c.pool.pool.map((row) => row.tier))];
  if (!tiers.length) return panel("pool", say("pool"), about, el("p", {}, say("pool_empty")));
  const mayList = c.start.viewer?.may_list;
  const count = (tier, readiness) => c.pool.pool.find((row) => row.tier === tier && row.readiness === readiness)?.enterprises ?? 0;
  const shown = (tier, readiness) => {
    const number = full(count(tier, readiness), "家");
    return mayList && count(tier, readiness) ? el("a", { href: towardsList(c.place, tier, readiness), "aria-label": `${term(tier)} ${readinessName(readiness)} ${number}` }, number) : number;
  };
  const rows = tiers.map((tier) => [
    mayList ? el("a", { href: towardsList(c.place, tier), "aria-label": say("open_list_of", { tier: term(tier) }) }, term(tier)) : term(tier),
    ...READINESS.map((readiness) => shown(tier, readiness)),
  ]);
  return panel("pool", say("pool"), about,
    table(say("pool"), [{ text: say("tier") }, ...READINESS.map((readiness) => ({ text: readinessName(readiness), number: true }))], rows),
    mayList ? el("p", { class: "hint" }, say("list_recorded")) : el("p", { class: "hint" }, say("list_hidden")));
}
