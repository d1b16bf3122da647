import { cards } from "./cards.js";
import { giveUpUnseen } from "./charts.js";
import { cuts } from "./cuts.js";
import { el } from "./dom.js";
import { controls, legend, releaseHead, top, trail } from "./head.js";
import { list, readList } from "./list.js";
import { map } from "./map.js";
import { movement } from "./movement.js";
import { pool } from "./pool.js";
import { CITY, route } from "./route.js";
import { signs } from "./signs.js";
import { firstStart, isFile, Problem, readCuts, readMap, readPlace, readPool, readStart, readTargets, unpack } from "./source.js";
import { tiers } from "./tiers.js";
import { trend } from "./trend.js";
import { language, say, says, speak, term } from "./wording.js";

// Reads what the address asks for, then shows it: figures first, what hangs on further answers as it comes in.

const page = document.getElementById("page");
const spoken = el("p", { class: "unseen", role: "status" });

let start = firstStart();
let turn = 0;
let shownView = null;
let shownAddress = null;

async function show() {
  shownAddress = location.hash;
  turn += 1;
  const mine = turn;
  const asked = route();
  let c = null;
  try {
    c = await chosen(asked);
    if (mine !== turn) return;
    if (asked.view === "list") {
      c.found = await readList(asked);
      if (mine === turn) render(c, listView);
      return;
    }
    await figures(c, mine);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (mine === turn) render({ ...c, asked, problem: error.kind }, problemView);
  }
}

async function chosen(asked) {
  // What the address asks for, completed by what is usual: the newest release, month, and everything in it.
  if (start.problem) throw new Problem(start.problem);
  await unpack();
  const wanted = asked.release && Number(asked.release);
  if (wanted && wanted !== start.release.release_id) start = await readStart(wanted);
  else if (!wanted && start.release.release_id !== start.releases[0].release_id) start = firstStart();
  const { months, scopes, indicators, places } = start;
  const c = { start, asked, view: asked.view, place: asked.place, placeName: nameOf(asked.place, places) };
  if (!months.length) throw new Problem("no_figures");
  c.scope = scopes.includes(asked.scope) ? asked.scope : scopes[0];
  c.index = months.includes(asked.period) ? months.indexOf(asked.period) : months.length - 1;
  c.period = months[c.index];
  c.indicator = indicators.find((i) => i.code === asked.indicator) ?? indicators[0];
  c.measure = ["yoy", "mom"].includes(asked.measure) ? asked.measure : "value";
  c.cut = asked.cut;
  if (c.placeName === null) throw new Problem("missing");
  return c;
}

async function figures(c, mine) {
  // an indicator that is not told in the chosen scope is mapped in the one it is told in
  c.mapScope = c.indicator.scopes.includes(c.scope) ? c.scope : c.indicator.scopes[0];
  const totals = Promise.all([readPlace(c.start, c.place, c.scope), readPlace(c.start, CITY, c.scope)]);
  const others = Promise.all([
    readPlace(c.start, CITY, c.mapScope), readMap(c.start, c.indicator.code, c.mapScope), readCuts(c.start, c.place, c.scope, c.period),
    c.place === CITY ? readTargets(c.start) : null,
  ]);
  const counts = readPool(c.place);
  [others, counts].forEach((answer) => answer.catch(() => {}));
  [c.own, c.city] = await totals;
  if (mine !== turn) return;
  if (shownView === null) render(c, figuresView);
  [c.mapCity, c.map, c.cuts, c.targets] = await others;
  if (mine === turn) render(c, figuresView);
  c.pool = await counts;
  if (mine === turn) render(c, figuresView);
}

function nameOf(code, places) {
  if (code === CITY) return say("city");
  const found = places.find((place) => place.code === code);
  return found ? term(found.name) : null;
}

function render(c, view) {
  const focused = document.activeElement?.id;
  const unfolded = [...document.querySelectorAll("section[id] details[open]")].map((node) => node.closest("section").id);
  const isNewView = shownView !== null && shownView !== viewKey(c);
  shownView = viewKey(c);
  page.replaceChildren(top(show), ...view(c));
  giveUpUnseen();
  document.title = `${[c.placeName, say("brand")].filter(Boolean).join(" · ")}`;
  if (isNewView) {
    document.querySelector("h1")?.focus();
    scrollTo(0, 0);
    spoken.textContent = say("shown", { what: document.querySelector("h1")?.textContent ?? "" });
  } else {
    unfolded.forEach((id) => document.querySelector(`#${id} details`)?.setAttribute("open", ""));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

function viewKey(c) {
  return c.problem ? `problem ${c.problem}` : `${c.place} ${c.view}`;
}

function figuresView(c) {
  const later = c.map !== undefined;
  return [
    releaseHead(c),
    el("main", { id: "main", tabindex: "-1", "aria-busy": c.pool === undefined ? "true" : null },
      c.place === CITY ? null : trail(c),
      el("h1", { id: "heading", tabindex: "-1" }, c.placeName, el("small", {}, c.period)),
      controls(c),
      el("div", { class: "columns" },
        cards(c),
        el("div", { class: "detail" }, ...(later ? [map(c), trend(c), cuts(c)] : [el("p", { class: "waiting" }, say("waiting"))]))),
      later ? el("div", { class: "rows" }, el("div", {}, tiers(c), signs(c)), el("div", {}, movement(c), pool(c))) : null,
      legend()),
    foot(c),
  ];
}

function listView(c) {
  return [
    releaseHead(c),
    el("main", { id: "main", tabindex: "-1" }, trail(c), el("h1", { id: "heading", tabindex: "-1" }, say("list_heading", { place: c.placeName, tier: term(c.found.tier) })), list(c)),
    foot(c),
  ];
}

function problemView(c) {
  const kind = says(`problem_${c.problem}`) ? c.problem : "missing";
  const values = { number: c.asked.release ?? start.release?.release_id ?? "" };
  const where = c.start ? trail(c) : null;
  return [
    start.release ? releaseHead({ start }) : null,
    el("main", { id: "main", tabindex: "-1" }, where,
      el("section", { class: "panel problem" },
        el("h1", { id: "heading", tabindex: "-1" }, say(`problem_${kind}`, values)),
        el("p", {}, say(`problem_${kind}_help`, values)),
        isFile || kind === "forbidden" ? null : el("button", { type: "button", id: "retry", class: "plain", on: { click: () => location.reload() } }, say("retry")))),
    start.release ? foot({ start }) : null,
  ].filter(Boolean);
}

function foot(c) {
  return el("footer", {}, el("p", {}, say("footer", { number: c.start.release.release_id })));
}

document.body.prepend(spoken);
speak(language());
for (const event of ["hashchange", "popstate"]) {
  window.addEventListener(event, () => location.hash !== shownAddress && show());
}
show();
