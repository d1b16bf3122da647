// Where figures come from: the server, or the file itself when the page is a file of its own.

let held = null;
const kept = new Map();

export class Problem extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const packed = document.getElementById("held");

export const isFile = packed !== null;

export async function unpack() {
  // A file carries its figures compressed; they are read once, before anything is shown.
  if (!isFile || held) return;
  if (!window.DecompressionStream) throw new Problem("old_browser");
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  held = await new Response(stream).json();
}

export function firstStart() {
  return JSON.parse(document.getElementById("start").textContent);
}

export function readStart(release) {
  return isFile ? firstStart() : fetched(`start?release=${encodeURIComponent(release)}`);
}

export function readPlace(start, code, scope) {
  if (isFile) return fromFile("places", `${code}/${scope}`);
  return remembered(`${figuresOf(start)}/places/${path(code, scope)}`);
}

export async function readMap(start, indicator, scope) {
  if (!isFile) return remembered(`${figuresOf(start)}/maps/${path(indicator, scope)}`);
  const places = start.places.map((place) => [place.code, held.places[`${place.code}/${scope}`].figures[indicator]]);
  return { places: Object.fromEntries(places.filter(([, series]) => series)) };
}

export async function readCuts(start, code, scope, period) {
  // null where the file holds no breakdowns of that month
  if (isFile) return held.cuts[`${code}/${scope}/${period}`] ?? null;
  return remembered(`${figuresOf(start)}/cuts/${path(code, scope, period)}`);
}

export async function readTargets(start) {
  return isFile ? held.targets : fetched(`releases/${start.release.release_id}/targets`);
}

export async function readPool(place) {
  return isFile ? null : fetched(`pool?place=${encodeURIComponent(place)}`);
}

export async function readEnterprises(wanted) {
  if (isFile) throw new Problem("offline_list");
  return fetched(`enterprises?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`);
}

export function fileOf(start) {
  return `releases/${start.release.release_id}/file`;
}

export function monthsOfCuts(place) {
  // How many months of breakdowns the file holds for a place.
  return new Set(Object.keys(held.cuts).filter((key) => key.startsWith(`${place}/`)).map((key) => key.split("/")[2])).size;
}

function figuresOf(start) {
  return `figures/${start.release.release_id}/${start.edition}`;
}

function path(...parts) {
  return parts.map(encodeURIComponent).join("/");
}

async function fromFile(kind, key) {
  const found = held[kind]?.[key];
  if (!found) throw new Problem("missing");
  return found;
}

function remembered(address) {
  if (!kept.has(address)) {
    const asked = fetched(address);
    asked.catch(() => kept.delete(address));
    kept.set(address, asked);
  }
  return kept.get(address);
}

async function fetched(address) {
  let answer;
  try {
    answer = await fetch(address);
  } catch {
    throw new Problem("database_away");
  }
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Problem(told.problem ?? (answer.status === 401 ? "signed_out" : answer.status < 500 ? "missing" : "database_away"));
}
