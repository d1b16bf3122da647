import { el } from "./dom.js";
import { say } from "./wording.js";

// Apache ECharts, which comes after the first figures are on the screen. A chart keeps its place in the page from one
// view to the next; what is no longer shown is given up. Every chart has a table beside it, so that it is one image here.

export const INK = "#1c2733";
export const QUIET = "#5a6878";
export const LINE = "#d5dde6";
export const MAIN = "#1f5fa8";
export const SECOND = "#b45f06";
export const RAMP = ["#deebf7", "#b3d0ec", "#7fb0de", "#4688c7", "#1f5fa8"];
export const EMPTY = "#eef1f4";
// Within its chart a tip has no arrow, which ECharts would write as markup with a style of its own.
export const TIP = { confine: true };

const charts = new Map();
const still = matchMedia("(prefers-reduced-motion: reduce)");
let ready = null;
let preparation = () => {};

export function chart(id, label, option, { height = 260, events = {} } = {}) {
  if (!charts.has(id)) charts.set(id, { node: el("div", { class: "chart", id }), instance: null });
  const found = charts.get(id);
  found.node.style.height = `${height}px`;
  found.node.setAttribute("role", "img");
  found.node.setAttribute("aria-label", label);
  found.option = { animation: !still.matches, animationDuration: 250, textStyle: { fontFamily: "inherit", color: INK }, ...option, aria: { enabled: true, label: { description: label } } };
  found.events = events;
  queueMicrotask(() => draw(found));
  return found.node;
}

export function prepare(how) {
  // What has to be told to ECharts once, before the first chart.
  preparation = how;
}

export function instanceOf(id) {
  return charts.get(id)?.instance ?? null;
}

export function giveUpUnseen() {
  for (const [id, found] of charts) {
    if (!found.node.isConnected) {
      found.instance?.dispose();
      charts.delete(id);
    }
  }
}

export function tip(lines) {
  // ECharts would read a text as markup; an element it takes as it is.
  return el("div", { class: "tip" }, ...lines.map((line, at) => el(at === 0 ? "strong" : "div", {}, line)));
}

export function axes(unitText, format) {
  return {
    grid: { left: 8, right: 12, top: 34, bottom: 8, containLabel: true },
    xAxis: { type: "category", axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: QUIET } },
    yAxis: { type: "value", name: unitText, nameTextStyle: { color: QUIET, align: "left" }, scale: false, splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: QUIET, formatter: format } },
  };
}

async function draw(found) {
  const echarts = await loaded();
  if (!found.node.isConnected) return;
  if (!found.instance) {
    found.instance = echarts.init(found.node, null, { renderer: "canvas" });
    new ResizeObserver(() => found.instance && !found.instance.isDisposed() && found.instance.resize()).observe(found.node);
  }
  found.instance.off();
  found.instance.setOption(found.option, true);
  found.instance.resize();
  found.node.setAttribute("role", "img");
  Object.entries(found.events).forEach(([event, handler]) => found.instance.on(event, handler));
  document.documentElement.dataset.charts = "drawn";
}

function loaded() {
  ready ??= fetched().then((echarts) => {
    preparation(echarts);
    return echarts;
  });
  return ready;
}

function fetched() {
  if (window.echarts) return Promise.resolve(window.echarts);
  return new Promise((resolve) => {
    const address = document.getElementById("start").dataset.charts;
    document.body.append(el("script", { src: address, on: { load: () => resolve(window.echarts) } }));
  });
}

export function asTable(content) {
  return el("details", { class: "as-table" }, el("summary", {}, say("as_table")), content);
}
