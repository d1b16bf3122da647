import MAP from "../map/districts.json" with { type: "json" };
import { chart, EMPTY, INK, instanceOf, prepare, RAMP, TIP, tip } from "./charts.js";
import { el, panel, select, table } from "./dom.js";
import { at, change, figure, mark, percent, short, statusAt, told, unitOf } from "./numbers.js";
import { CITY, go, towards } from "./route.js";
import { pick, say, says, term } from "./wording.js";

// The districts, coloured by an indicator; the table beside them says the same to those who see no map, and is the way
// into a district by keyboard. 未分配 has no place on a map and stands in the table.

const MEASURES = ["value", "yoy", "mom"];
const SMALL = 0.01;
const ID = "map-chart";

prepare((echarts) => {
  const small = smallOnes();
  echarts.registerMap("districts", MAP);
  echarts.registerMap("districts-small", { ...MAP, features: MAP.features.filter((f) => small.includes(f.properties.code)) });
});

export function map(c) {
  const rows = districts(c);
  const indicator = pick(c.indicator.name);
  const label = say("map_label", { indicator, period: c.period, scope: scopeName(c.mapScope), measure: say(c.measure) });
  return panel("map", say("map"),
    el("div", { class: "choices" },
      select("map-indicator", say("map_indicator"), c.start.indicators.map((i) => [i.code, pick(i.name)]), c.indicator.code, (code) => go({ indicator: code })),
      select("map-measure", say("map_measure"), MEASURES.map((m) => [m, say(m)]), c.measure, (m) => go({ measure: m === "value" ? null : m }))),
    el("p", { class: "definition" }, pick(c.indicator.definition)),
    c.mapScope === c.scope ? null : el("p", { class: "hint" }, say("only_in", { scope: scopeName(c.mapScope) })),
    el("div", { class: "map-and-table" },
      el("figure", {}, keyed(c, rows, drawing(c, rows, label)), colours(c, rows), el("figcaption", { class: "hint" }, say("map_source"))),
      el("div", {}, sheet(c, rows, label))));
}

function districts(c) {
  return c.start.places.map((place) => {
    const series = c.map.places[place.code];
    return {
      ...place,
      shown: term(place.name),
      isDrawn: MAP.features.some((feature) => feature.properties.code === place.code),
      status: statusAt(series, c.index),
      value: at(series, "value", c.index), yoy: at(series, "yoy", c.index), mom: at(series, "mom", c.index),
    };
  });
}

function scopeName(scope) {
  return says(`scope_${scope}`) ? say(`scope_${scope}`) : scope;
}

function classes(rows, measure) {
  // Bounds of up to five classes with about as many districts each; equal figures share a class.
  const numbers = rows.filter((row) => row.isDrawn).map((row) => row[measure]).filter((number) => number !== null).sort((a, b) => a - b);
  const bounds = [];
  for (let step = 1; step <= RAMP.length; step += 1) {
    const bound = numbers[Math.ceil((numbers.length * step) / RAMP.length) - 1];
    if (bound !== undefined && bound !== bounds.at(-1)) bounds.push(bound);
  }
  return { low: numbers[0], bounds };
}

function colourOf(number, { bounds }) {
  if (number === null) return EMPTY;
  const found = bounds.findIndex((bound) => number <= bound);
  return RAMP[bounds.length === 1 ? 2 : Math.round((found * (RAMP.length - 1)) / (bounds.length - 1))];
}

function drawing(c, rows, label) {
  const made = classes(rows, c.measure);
  const data = rows.filter((row) => row.isDrawn).map((row) => {
    const areaColor = colourOf(row[c.measure], made);
    return {
      name: row.code, value: row.value, row, label: { formatter: row.shown },
      itemStyle: { areaColor, decal: hatch(row), ...(row.code === c.place ? { borderColor: INK, borderWidth: 2.5 } : {}) },
      emphasis: { label: { color: INK, formatter: row.shown }, itemStyle: { areaColor, borderColor: INK, borderWidth: 2 } },
    };
  });
  const common = {
    type: "map", nameProperty: "code", data, selectedMode: false,
    itemStyle: { borderColor: "#ffffff", borderWidth: 1 },
    label: { show: true, color: INK, fontSize: 12, textBorderColor: "#ffffff", textBorderWidth: 2.5 },
      };
  const small = smallOnes();
  return chart(ID, label, {
    tooltip: { ...TIP, trigger: "item", formatter: ({ data: found }) => found && tip(lines(c, found.row)) },
    series: [
      { ...common, name: "districts", map: "districts", left: 6, top: 6, bottom: 6, right: "18%", data: data.map((d) => ({ ...d, label: { ...d.label, show: !small.includes(d.name) } })) },
      { ...common, name: "inset", map: "districts-small", data: data.filter((d) => small.includes(d.name)), right: 14, bottom: 26, width: "27%", height: "27%" },
    ],
    graphic: [
      { type: "text", right: 14, bottom: 8, silent: true, style: { text: say("map_inset"), fill: "#5a6878", fontSize: 12, fontFamily: "inherit" } },
    ],
  }, { height: 430, events: { click: ({ data: found }) => found && (location.hash = towards(found.row.code)) } });
}

function smallOnes() {
  // Districts that cannot be told apart at the scale of the city, found by the room they take.
  const room = (features) => {
    const points = features.flatMap((f) => (f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates)).flat(2);
    const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
    return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
  };
  const whole = room(MAP.features);
  return MAP.features.filter((f) => room([f]) / whole < SMALL).map((f) => f.properties.code);
}

function hatch(row) {
  // A figure that is not published is hatched, one that is not complete dotted.
  if (row.status === ".") return undefined;
  return row.status === "i"
    ? { symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5, color: "rgba(90,104,120,.55)" }
    : { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.785, color: "rgba(90,104,120,.55)" };
}

function lines(c, row) {
  const { unit } = c.indicator;
  const ratio = (number) => (number === null ? "—" : `${number > 0 ? "+" : ""}${percent(number)}`);
  return [row.shown, `${pick(c.indicator.name)} ${told(row.value, row.status, unit)}`, `${say("yoy")} ${ratio(row.yoy)}`, `${say("mom")} ${ratio(row.mom)}`];
}

function colours(c, rows) {
  const made = classes(rows, c.measure);
  const shown = (number) => (c.measure === "value" ? short(number, c.indicator.unit) : percent(number));
  const steps = made.bounds.map((bound, n) => [colourOf(bound, made), n === 0 ? (made.low === bound ? shown(bound) : `${shown(made.low)} – ${shown(bound)}`) : `≤ ${shown(bound)}`]);
  const marks = [...new Set(rows.filter((row) => row.isDrawn).map((row) => row.status))].filter((status) => status !== ".");
  return el("ul", { class: "colours" },
    ...(steps.length ? steps.map(([colour, text]) => el("li", {}, el("span", { class: "swatch", style: { "background-color": colour } }), text)) : [el("li", {}, say("map_none"))]),
    ...marks.map((status) => el("li", {}, mark(status))));
}

function keyed(c, rows, drawn) {
  // The map by keyboard: arrows go from district to district, Enter opens the one that is shown.
  const drawnRows = rows.filter((row) => row.isDrawn);
  let chosen = drawnRows.findIndex((row) => row.code === c.place);
  const spoken = el("p", { class: "unseen", "aria-live": "polite" });
  const show = (step) => {
    chosen = (chosen + step + drawnRows.length) % drawnRows.length;
    const row = drawnRows[chosen];
    spoken.textContent = lines(c, row).join(" ");
    instanceOf(ID)?.dispatchAction({ type: "downplay", seriesIndex: 0 });
    instanceOf(ID)?.dispatchAction({ type: "highlight", seriesIndex: 0, name: row.code });
    instanceOf(ID)?.dispatchAction({ type: "showTip", seriesIndex: 0, name: row.code });
  };
  const press = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      show(step);
    } else if (event.key === "Enter" && chosen >= 0) {
      location.hash = towards(drawnRows[chosen].code);
    }
  };
  return el("div", { class: "keyed", id: "map-keys", tabindex: "0", role: "application", "aria-label": say("map_keys"), on: { keydown: press } }, drawn, spoken);
}

function sheet(c, rows, label) {
  const { unit } = c.indicator;
  const ordered = [...rows].sort((a, b) => Number(b.isDrawn) - Number(a.isDrawn) || (b[c.measure] ?? -Infinity) - (a[c.measure] ?? -Infinity));
  const city = c.mapCity.figures[c.indicator.code];
  const columns = [{ text: say("district") }, { text: say("with_unit", { name: say("value"), unit: unitOf(unit) }), number: true }, { text: say("yoy"), number: true }, { text: say("mom"), number: true }];
  const cells = ordered.map((row) => [
    el("a", { href: towards(row.code), "aria-current": row.code === c.place ? "true" : null, title: row.isDrawn ? null : say("unassigned_hint") }, row.shown),
    figure(row.value, row.status, unit), change(row.yoy), change(row.mom),
  ]);
  const total = [
    el("a", { href: towards(CITY) }, say("city")), figure(at(city, "value", c.index), statusAt(city, c.index), unit),
    change(at(city, "yoy", c.index)), change(at(city, "mom", c.index)),
  ];
  return el("div", {}, el("h3", {}, say("table_of_districts")), table(label, columns, cells, { foot: total }), el("p", { class: "hint" }, say("unassigned_hint")));
}

