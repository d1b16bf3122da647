// Where one is: everything that can be chosen stands in the address behind #, so that every view can be linked to.

export const CITY = "370200";

export function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [place = "", view = ""] = path.split("/");
  const asked = Object.fromEntries(new URLSearchParams(query));
  return { ...asked, place: place || CITY, view: view === "enterprises" ? "list" : "figures" };
}

export function address(wanted) {
  const { place, view, ...asked } = wanted;
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const path = `${place === CITY && view !== "list" ? "" : place}${view === "list" ? "/enterprises" : ""}`;
  return `#/${path}${String(query) ? `?${query}` : ""}`;
}

export function moved(changes) {
  // The address of the same view with something else chosen.
  return address({ ...route(), ...changes });
}

export function go(changes, { replace = false } = {}) {
  const target = moved(changes);
  if (target === location.hash) return;
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  window.dispatchEvent(new Event("hashchange"));
}

export function towards(place) {
  // The address of another place, keeping scope, period and indicator.
  const { scope, period, indicator, release, measure } = route();
  return address({ place, view: "figures", scope, period, indicator, release, measure });
}

export function towardsList(place, tier, readiness) {
  const { scope, period, indicator, release } = route();
  return address({ place, view: "list", scope, period, indicator, release, tier, readiness });
}
