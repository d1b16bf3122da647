import { asTable, axes, chart, MAIN, QUIET, SECOND, TIP, tip } from "./charts.js";
import { el, panel, scrolled, table } from "./dom.js";
import { at, change, figure, full, percent, short, statusAt, tick, told, unitOf } from "./numbers.js";
import { CITY, go } from "./route.js";
import { pick, say } from "./wording.js";

// One indicator over all months of the release: bars for what a month brings, a line for what stands at its end. For a
// district the city runs beside it, on a scale of its own.

export function trend(c) {
  const { months } = c.start;
  const { unit, kind } = c.indicator;
  const own = c.own.figures[c.indicator.code];
  const city = c.city.figures[c.indicator.code];
  const title = say("titled", { title: say("trend"), name: pick(c.indicator.name) });
  if (!own) return panel("trend", title, el("p", { class: "hint" }, say("not_in_scope")));
  const label = say("trend_label", { indicator: pick(c.indicator.name), place: c.placeName, first: months[0], last: months.at(-1), count: months.length });
  const both = c.place !== CITY;
  const series = [drawn(c, own, c.placeName, kind, MAIN, 0), unfinished(c, own)];
  if (both) series.push({ ...drawn(c, city, say("city"), "stock", SECOND, 1), lineStyle: { color: SECOND, type: "dashed", width: 1.5 } });
  const base = axes(`${both ? `${c.placeName} ` : ""}${unitOf(unit)}`, (number) => tick(number, unit));
  const axis = (name, more) => ({ ...base.yAxis, name, ...more });
  const option = {
    ...base,
    xAxis: { ...base.xAxis, data: months },
    yAxis: both ? [axis(base.yAxis.name), axis(`${say("city")} ${unitOf(unit)}`, { splitLine: { show: false }, nameTextStyle: { color: QUIET, align: "right" } })] : base.yAxis,
    legend: both ? { top: 0, left: "center", data: [c.placeName, say("city")], textStyle: { color: QUIET } } : undefined,
    tooltip: { ...TIP, trigger: "axis", formatter: (points) => tip(lines(c, own, city, both, points[0].dataIndex)) },
    series,
  };
  return panel("trend", title,
    chart("trend-chart", label, option, { height: 280, events: { click: ({ dataIndex }) => go({ period: months[dataIndex] }) } }),
    asTable(sheet(c, own, label)));
}

function drawn(c, series, name, kind, colour, axis) {
  const values = c.start.months.map((_, index) => at(series, "value", index));
  const common = { name, data: values, yAxisIndex: axis, color: colour };
  if (kind === "flow") {
    const data = values.map((value, index) => (index === c.index ? { value, itemStyle: { color: MAIN } } : { value, itemStyle: { color: "#8db4d9" } }));
    return { ...common, type: "bar", barMaxWidth: 22, data };
  }
  return { ...common, type: "line", showSymbol: true, symbol: "circle", connectNulls: false, symbolSize: (_, { dataIndex }) => (dataIndex === c.index ? 9 : 4) };
}

function unfinished(c, series) {
  // Months without a figure that counts bear a sign at the foot of the chart.
  const data = c.start.months.map((month, index) => [month, 0, statusAt(series, index)]).filter(([, , status]) => status !== ".").map(([month, zero]) => [month, zero]);
  return { type: "scatter", name: say("status"), data, symbol: "diamond", symbolSize: 8, color: QUIET, silent: true, tooltip: { show: false } };
}

function lines(c, own, city, both, index) {
  const { unit } = c.indicator;
  const ratio = (key) => at(own, key, index) === null ? [] : [`${say(key)} ${at(own, key, index) > 0 ? "+" : ""}${percent(at(own, key, index))}`];
  const ytd = at(own, "ytd", index);
  return [
    c.start.months[index],
    `${c.placeName} ${told(at(own, "value", index), statusAt(own, index), unit)}`,
    ...ratio("yoy"), ...ratio("mom"),
    ...(ytd === null ? [] : [`${say("ytd")} ${short(ytd, unit)}`]),
    ...(both ? [`${say("city")} ${told(at(city, "value", index), statusAt(city, index), unit)}`] : []),
  ];
}

function sheet(c, own, label) {
  const { unit } = c.indicator;
  const hasYtd = Boolean(own?.ytd);
  const number = (text) => ({ text, number: true });
  const columns = [{ text: say("month") }, number(say("with_unit", { name: say("value"), unit: unitOf(unit) })), number(say("yoy")), number(say("mom")), ...(hasYtd ? [number(say("ytd"))] : [])];
  const rows = c.start.months.map((month, index) => [
    month, figure(at(own, "value", index), statusAt(own, index), unit), change(at(own, "yoy", index)), change(at(own, "mom", index)),
    ...(hasYtd ? [at(own, "ytd", index) === null ? "—" : full(at(own, "ytd", index), unit)] : []),
  ]).reverse();
  return scrolled(label, table(label, columns, rows));
}
