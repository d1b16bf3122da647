import { el, panel } from "./dom.js";
import { CITY, towards } from "./route.js";
import { language, pick, say, term } from "./wording.js";

// Early signs: what a method found worth a look in this month. Notes, not facts.

export function signs(c) {
  const found = c.own.signs.filter((sign) => sign.period === c.period);
  return panel("signs", say("signs"), el("p", { class: "hint" }, say("signs_hint")),
    found.length ? el("ul", { class: "signs" }, ...found.map((sign) => one(c, sign))) : el("p", {}, say("signs_none")));
}

function one(c, sign) {
  const indicator = c.start.indicators.find((i) => i.code === sign.indicator_code);
  const district = c.start.places.find((place) => place.code === sign.district_code);
  const where = district && sign.district_code !== CITY ? el("a", { href: towards(district.code) }, term(district.name)) : say("city");
  return el("li", {}, el("strong", {}, where, "　", indicator ? pick(indicator.name) : sign.indicator_code), el("span", {}, language() === "en" ? sign.note_en ?? sign.note_zh : sign.note_zh));
}
