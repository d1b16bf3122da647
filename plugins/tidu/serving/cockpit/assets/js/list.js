import { el, select, table } from "./dom.js";
import { READINESS, readinessName } from "./pool.js";
import { go } from "./route.js";
import { readEnterprises, readPool } from "./source.js";
import { say, term } from "./wording.js";

// Candidates of a place for a tier, fifty a page. What the server does not show, the page does not ask for twice.

export async function readList(asked) {
  const pool = await readPool(asked.place);
  const tiers = [...new Set((pool?.pool ?? []).map((row) => row.tier))];
  const tier = asked.tier ?? tiers[0] ?? "";
  const wanted = { place: asked.place, tier, readiness: asked.readiness, as_of: asked.as_of ?? pool?.as_of ?? "1970-01-01", after_rank: asked.after_rank, after_id: asked.after_id };
  const found = await readEnterprises(wanted);
  return { ...found, tier, tiers, readiness: asked.readiness ?? "" };
}

export function list(c) {
  const { found } = c;
  const again = { after_rank: null, after_id: null, as_of: null };
  const tiers = found.tiers.includes(found.tier) ? found.tiers : [found.tier, ...found.tiers];
  const sections = Object.fromEntries(c.start.breakdowns.flatMap((b) => b.values).map((v) => [v.value, v.name]));
  return el("section", { class: "panel", "aria-labelledby": "list-title" },
    el("h2", { id: "list-title" }, say("list")),
    el("div", { class: "choices" },
      select("list-tier", say("tier"), tiers.map((tier) => [tier, term(tier)]), found.tier, (tier) => go({ ...again, tier })),
      select("list-readiness", say("readiness"), [["", say("any")], ...READINESS.map((r) => [r, readinessName(r)])], found.readiness, (readiness) => go({ ...again, readiness }))),
    el("p", { class: "hint" }, say("pool_as_of", { as_of: found.as_of }), " ", say("list_recorded")),
    found.enterprises.length ? sheet(c, found.enterprises, sections) : el("p", {}, say("list_empty")),
    el("p", { class: "paging" },
      c.asked.after_rank ? el("button", { type: "button", id: "list-first", class: "plain", on: { click: () => go(again) } }, say("list_first")) : null,
      found.next ? el("button", { type: "button", id: "list-next", class: "plain", on: { click: () => go({ ...found.next, as_of: found.as_of }) } }, say("list_next")) : null));
}

function sheet(c, rows, sections) {
  const columns = [
    { text: say("list_name") }, { text: say("list_rank"), number: true }, { text: say("list_uscc") }, { text: say("readiness") }, { text: say("list_section") },
    { text: say("list_size") }, { text: say("list_lacking") }, { text: say("list_entered") },
  ];
  const label = say("list_heading", { place: c.placeName, tier: term(c.found.tier) });
  return table(label, columns, rows.map((row) => [
    el("span", { lang: "zh-CN" }, row.name ?? say("list_unnamed")), String(row.rank), row.uscc ?? "—", readinessName(row.readiness),
    row.industry_section ? term(sections[row.industry_section] ?? row.industry_section) : say("unknown"),
    row.size_class ? term(row.size_class) : say("unknown"),
    row.lacking.length ? el("span", { lang: "zh-CN" }, row.lacking.join("；")) : say("list_nothing_lacking"),
    row.entered_on,
  ]), { stacked: true });
}
