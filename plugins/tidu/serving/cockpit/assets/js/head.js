import { el, select } from "./dom.js";
import { mark } from "./numbers.js";
import { CITY, go, towards } from "./route.js";
import { fileOf, isFile } from "./source.js";
import { language, say, says, speak, term } from "./wording.js";

// Above the figures: what release they are of, and the choice of place, scope and month.

export function top(onLanguage) {
  const other = language() === "en" ? "zh" : "en";
  const skip = el("a", { class: "skip", href: "#main", on: { click: (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  } } }, say("skip"));
  return el("header", { class: "top" },
    skip,
    el("p", { class: "brand" }, say("brand")),
    isFile ? el("span", { class: "badge" }, say("whole_file")) : null,
    el("button", { type: "button", id: "language", class: "plain", lang: other === "en" ? "en" : "zh-CN", "aria-label": say("language_label"), on: { click: () => {
      speak(other);
      onLanguage();
    } } }, say("language")));
}

export function releaseHead(c) {
  const { release } = c.start;
  const parts = [
    [say("release"), say("release_number", { number: release.release_id })],
    [say("release_period"), release.period],
    [say("release_as_of"), release.as_of],
    [say("release_approved"), release.approved_by ? say("release_approved_value", { by: release.approved_by, at: release.approved_at }) : say("release_unapproved")],
    [say("release_hash"), (release.manifest_sha256 || "—").slice(0, 12)],
  ];
  const state = says(`state_${release.state}`) ? say(`state_${release.state}`) : release.state;
  const others = c.start.releases.length > 1 ? select("release-choice", say("release_choice"),
    c.start.releases.map((r) => [String(r.release_id), say("release_option", { number: r.release_id, period: r.period })]),
    String(release.release_id), (number) => go({ release: number === String(c.start.releases[0].release_id) ? null : number, period: null })) : null;
  return el("section", { class: "release", "aria-label": say("release") },
    el("dl", {}, ...parts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("span", { class: `badge state-${release.state}` }, state),
    others,
    isFile ? el("p", { class: "hint" }, say("whole_file_hint")) : el("a", { href: fileOf(c.start), download: "" }, say("download")));
}

export function trail(c) {
  // Where one is, and the way back up.
  const steps = [[say("city"), towards(CITY)]];
  if (c.place !== CITY) steps.push([c.placeName, towards(c.place)]);
  if (c.view === "list") steps.push([say("list"), null]);
  return el("nav", { class: "trail", "aria-label": say("breadcrumb") }, el("ol", {}, ...steps.map(([name, target], at) =>
    el("li", {}, at === steps.length - 1 ? el("span", { "aria-current": "page" }, name) : el("a", { href: target }, name)))));
}

export function controls(c) {
  const { months, scopes, places } = c.start;
  const step = (by, key, sign) => {
    const month = months[c.index + by];
    return el("button", { type: "button", id: key, class: "plain", disabled: month === undefined, "aria-label": say(key), on: { click: () => go({ period: month }) } }, sign);
  };
  const scopeName = (scope) => says(`scope_${scope}`) ? say(`scope_${scope}`) : scope;
  const scopeHint = (scope) => says(`scope_hint_${scope}`) ? say(`scope_hint_${scope}`) : scope;
  return el("form", { class: "controls", "aria-label": say("controls"), on: { submit: (event) => event.preventDefault() } },
    el("fieldset", { class: "segments" }, el("legend", {}, say("scope")), ...scopes.map((scope) =>
      el("label", { title: scopeHint(scope) },
        el("input", { type: "radio", name: "scope", id: `scope-${scope}`, value: scope, checked: scope === c.scope, on: { change: () => go({ scope: scope === "all" ? null : scope }) } }),
        el("span", {}, scopeName(scope))))),
    el("div", { class: "months" },
      select("period", say("period"), [...months].reverse().map((month) => [month, month]), c.period, (month) => go({ period: month === months.at(-1) ? null : month })),
      step(-1, "period_before", "‹"),
      step(1, "period_after", "›")),
    select("place", say("district_choice"), [[CITY, say("city")], ...places.map((place) => [place.code, term(place.name)])], c.place, (code) => {
      location.hash = towards(code);
    }),
    el("p", { class: "hint scope-hint" }, scopeHint(c.scope)));
}

export function legend() {
  return el("section", { class: "marks", "aria-labelledby": "marks-title" }, el("h2", { id: "marks-title" }, say("marks")),
    el("ul", {}, ...["1", "2", "i", "-"].map((status) => el("li", {}, mark(status), ` ${say(`mark_${status}_hint`)}`))));
}
