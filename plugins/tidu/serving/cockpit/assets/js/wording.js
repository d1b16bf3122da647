import WORDING from "./wording.json" with { type: "json" };
import TERMS from "./terms.json" with { type: "json" };

// What the page says, Chinese first. The choice of language stands in the address (?lang=en) and is remembered.

const REMEMBERED = "tidu-cockpit-language";

let chosen = first();

export function language() {
  return chosen;
}

export function speak(wanted) {
  chosen = wanted;
  document.documentElement.lang = wanted === "en" ? "en" : "zh-CN";
  try {
    localStorage.setItem(REMEMBERED, wanted);
  } catch {
    // a browser that keeps nothing asks again next time
  }
  const address = new URL(location.href);
  if (wanted === "en") address.searchParams.set("lang", "en");
  else address.searchParams.delete("lang");
  history.replaceState(history.state, "", address);
}

export function say(key, values = {}) {
  const text = WORDING[chosen][key];
  if (text === undefined) throw new Error(`no wording for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function says(key) {
  return key in WORDING[chosen];
}

export function pick(both) {
  return both[chosen];
}

export function term(chinese) {
  // What the data calls a thing. Where there is no English word for it, the Chinese one stands.
  return chosen === "en" ? TERMS[chinese] ?? chinese : chinese;
}

function first() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "en" || asked === "zh") return asked;
  try {
    return localStorage.getItem(REMEMBERED) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}
