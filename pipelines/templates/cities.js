"use strict";
// Draws the page from the record in it. A city is its place in `cities`; `shown` are the periods of the picker.
const R = JSON.parse(document.getElementById("record").textContent);
const BLUE = "#0b5cad", BROWN = "#9a4b00", INK = "#18212c", LINE = "#d9dee5", GREY = "#8a94a1";
const PALETTE = [BLUE, BROWN, "#17693b", "#7a3e9d", INK, "#b3261e"];
const FIRST_ROWS = 20, NAMED = 12;
const state = { period: R.shown.findLastIndex((shown) => !shown.ahead), city: 0, all: R.cities.length <= FIRST_ROWS + 5 };

const at = (id) => document.getElementById(id);
const shown = () => R.shown[state.period];
const short = (i) => R.cities[i].name_en || R.cities[i].name;
const both = (i) => {
  const { name, name_en: english } = R.cities[i];
  return english && english !== name ? `${english} ${name}` : name;
};
const widthOf = (box) => Math.max(box.clientWidth, 260);
const net = (i, s = shown()) => (s.inflow[i] ?? 0) - (s.outflow[i] ?? 0);
const kind = (s) => (s.ahead ? `forecast, ${s.ahead} ${R.unit}${s.ahead > 1 ? "s" : ""} ahead` : "observed");
const inOrder = (s) => R.cities.map((_, i) => i).sort((a, b) => s.index.rank[a] - s.index.rank[b]);

function number(value, places) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const digits = places ?? (size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value < 0 && /[1-9]/.test(text) ? "\u2212" : "") + text;
}
const signed = (value, places) => (value > 0 ? "+" : "") + number(value, places);
const percent = (value, places = 1) => (Number.isFinite(value) ? `${number(100 * value, places)}\u202f%` : "–");
const change = (now, then) => (then ? (now >= then ? "+" : "") + percent(now / then - 1) : "–");
const range = (low, high) => (low === null ? "" : low === high ? `${low}` : `${low}\u2013${high}`);
const unbroken = (period) => period.replaceAll("-", "\u2011");

function node(space, tag, attributes, children) {
  const made = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== null) made.setAttribute(name, value);
  made.append(...children.flat(Infinity).filter((child) => child !== null));
  return made;
}
const H = (tag, attributes, ...children) => node(null, tag, attributes, children);
const S = (tag, attributes, ...children) => node("http://www.w3.org/2000/svg", tag, attributes, children);
const linked = (i, text) => H("a", { href: `#${encodeURIComponent(R.cities[i].region)}` }, text ?? both(i));
const svg = (width, height, label, ...children) =>
  S("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...children);
const text = (x, y, said, attributes) => S("text", { x, y, ...attributes }, said);

function table(head, rows, label) {
  const cell = (tag, value, numeric, scope) => H(tag, { class: numeric ? "n" : null, scope }, value);
  return H("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    H("table", {},
      H("thead", {}, H("tr", {}, head.map(([name, numeric]) => cell("th", name, numeric, "col")))),
      H("tbody", {}, rows.map((row) => H("tr", {}, row.map((value, k) =>
        cell(k ? "td" : "th", value, head[k][1], k ? null : "row")))))));
}

function ranking() {
  const s = shown(), order = inOrder(s);
  at("ranking-caption").textContent = `${order.length} cities, ${s.period}, ${kind(s)}`;
  const rows = order.map((i, place) => {
    const row = H("tr", { class: `pick${i === state.city ? " now" : ""}`, "data-region": R.cities[i].region },
      H("td", {}, `${s.index.rank[i]} `,
        s.index.low[i] < s.index.high[i] ? H("span", { class: "sub" }, range(s.index.low[i], s.index.high[i])) : null,
        s.index.tied[i] ? H("span", { class: "tag warn tie", title: "cannot be told from the one above" }, "≈ tie") : null),
      H("th", { scope: "row", class: "name" }, linked(i)),
      H("td", {}, H("div", { class: "index" }, H("b", {}, number(s.index.value[i], 0)),
        H("span", { class: "track" }, H("span", { class: "bar", style: `width:${s.index.value[i]}%` })))),
      H("td", { class: "n" }, number(s.inflow[i], 0)),
      ...[s.inflow[i], s.outflow[i], net(i)].map((part) => H("td", { class: "n" }, percent(part / s.total))));
    row.hidden = !state.all && place >= FIRST_ROWS && i !== state.city;
    return row;
  });
  at("ranking-table").tBodies[0].replaceChildren(...rows);
  at("more").hidden = order.length <= FIRST_ROWS + 5;
  at("more").textContent = state.all ? `Show the first ${FIRST_ROWS} only` : `Show all ${order.length}`;
}

function corridors() {
  const s = shown();
  at("corridors-caption").textContent = `The largest corridors, ${s.period}, ${kind(s)}`;
  at("corridors-table").tBodies[0].replaceChildren(...s.corridors.slice(0, 10).map(([i, j, moves], place) => H("tr", {},
    H("td", { class: "n" }, place + 1), H("th", { scope: "row", class: "name" }, linked(i)), H("td", { class: "name" }, linked(j)),
    H("td", { class: "n" }, number(moves)), H("td", { class: "n" }, percent(moves / s.total)))));
}

// Names of the first cities that fit: right of the dot, left, above or below, never over another name.
function names(places, order, width, height, taken = []) {
  return order.flatMap((i) => {
    const [x, y, r] = places.get(i), said = short(i), long = 7 * said.length * (/[\u3000-\u9fff]/.test(said) ? 1.8 : 1);
    const tries = [[x + r + 3, y + 4], [x - r - 3 - long, y + 4], [x - long / 2, y - r - 4], [x - long / 2, y + r + 12]];
    const free = tries.find(([left, base]) => left > 0 && left + long < width && base > 12 && base < height - 2 &&
      taken.every(([l, b, w]) => left > l + w || left + long < l || Math.abs(b - base) > 13));
    if (!free && i !== state.city) return [];
    const [left, base] = free ?? tries.find(([l]) => l > 0 && l + long < width) ?? tries[0];
    taken.push([left, base, long]);
    return [text(left, base, said, { class: `name${i === state.city ? " strong" : ""}` })];
  });
}

const dot = (i, x, y, r, fill, said) => S("a", { href: `#${encodeURIComponent(R.cities[i].region)}`, tabindex: -1, class: "dot" },
  S("title", {}, said),
  S("circle", { cx: x, cy: y, r, fill, "fill-opacity": 0.85, stroke: i === state.city ? INK : "#fff", "stroke-width": i === state.city ? 2.5 : 1 }));

function map() {
  const box = at("atlas-map"), placed = R.cities.flatMap((c, i) => (c.lat === null || c.lon === null ? [] : [i]));
  if (!placed.length) return;
  const s = shown(), width = widthOf(box), pad = Math.min(48, width / 9);
  const lats = placed.map((i) => R.cities[i].lat), lons = placed.map((i) => R.cities[i].lon);
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lons), Math.max(...lons)];
  const squeeze = Math.cos(((south + north) / 2) * Math.PI / 180);
  const wide = Math.max((east - west) * squeeze, 1e-6), tall = Math.max(north - south, 1e-6);
  const scale = Math.min((width - 2 * pad) / wide, (Math.max(320, width * 0.82) - 2 * pad) / tall);
  const height = Math.round(tall * scale + 2 * pad), left = (width - wide * scale) / 2;
  const point = (lat, lon) => [left + (lon - west) * squeeze * scale, pad + (north - lat) * scale];
  const most = Math.max(...placed.map((i) => Math.abs(net(i))), 1e-9);
  const places = new Map(placed.map((i) => {
    const [x, y] = point(R.cities[i].lat, R.cities[i].lon);
    return [i, [x, y, 2.5 + (placed.length > 100 ? 8 : 15) * Math.sqrt(Math.abs(net(i)) / most) * Math.min(1, width / 600)]];
  }));
  const step = [1, 2, 5, 10, 20, 45].find((degrees) => Math.max(tall, wide) / degrees <= 6) ?? 45, grid = [];
  for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
    const y = point(lat, west)[1];
    grid.push(S("line", { x1: 0, x2: width, y1: y, y2: y, stroke: LINE }), text(2, y - 3, `${Math.abs(lat)}°${lat < 0 ? "S" : "N"}`));
  }
  for (let lon = Math.ceil(west / step) * step; lon <= east; lon += step) {
    const x = point(south, lon)[0];
    grid.push(S("line", { x1: x, x2: x, y1: 0, y2: height, stroke: LINE }), text(x + 3, height - 4, `${Math.abs(lon)}°${lon < 0 ? "W" : "E"}`));
  }
  const largest = Math.max(...s.corridors.map(([, , moves]) => moves), 1e-9), fades = [];
  const arc = (i, j, moves, colour, faint, dash) => {
    if (!places.has(i) || !places.has(j)) return [];
    const [x1, y1] = places.get(i), [x2, y2] = places.get(j), id = `fade-${fades.length}`;
    // Bent to the right of the way, so that the two ways between a pair lie apart.
    const [cx, cy] = [(x1 + x2) / 2 - 0.18 * (y2 - y1), (y1 + y2) / 2 + 0.18 * (x2 - x1)];
    fades.push(S("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1, y1, x2, y2 },
      S("stop", { offset: 0, "stop-color": colour, "stop-opacity": 0.08 }), S("stop", { offset: 1, "stop-color": colour, "stop-opacity": faint })));
    return [S("path", { d: `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}`, fill: "none", stroke: `url(#${id})`, "stroke-dasharray": dash,
      "stroke-width": 0.8 + 6 * Math.sqrt(moves / largest) }, S("title", {}, `${both(i)} → ${both(j)}: ${number(moves)}`))];
  };
  const arcs = [
    ...s.corridors.toReversed().flatMap(([i, j, moves]) => arc(i, j, moves, "#536070", 0.55, null)),
    ...s.sources[state.city].flatMap(([i, moves]) => arc(i, state.city, moves, BLUE, 1, null)),
    ...s.destinations[state.city].flatMap(([j, moves]) => arc(state.city, j, moves, BROWN, 1, "6 3")),
  ];
  const order = [state.city, ...inOrder(s).slice(0, 2 * NAMED).filter((i) => i !== state.city)].filter((i) => places.has(i));
  box.replaceChildren(svg(width, height, `Map of the largest corridors in ${s.period}`, S("defs", {}, fades), grid, arcs,
    placed.toSorted((a, b) => places.get(b)[2] - places.get(a)[2]).map((i) =>
      dot(i, ...places.get(i), net(i) < 0 ? BROWN : BLUE, `${both(i)}: net ${signed(net(i))}`)),
    names(places, order, width, height)));
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const median = (values) => (sorted(values)[Math.ceil(values.length / 2) - 1] + sorted(values)[Math.floor(values.length / 2)]) / 2;

function quadrant() {
  const box = at("quadrant"), s = shown(), width = widthOf(box), height = Math.max(320, Math.min(480, width));
  const people = R.cities.every((city) => city.population);
  const rate = (moves, i) => (people ? (1e4 * moves) / R.cities[i].population : (100 * moves) / s.total);
  const known = R.cities.map((_, i) => i).filter((i) => s.inflow[i] > 0 && s.outflow[i] > 0);
  if (!known.length) return box.replaceChildren(H("p", { class: "note" }, "No city has moves both ways."));
  const push = new Map(known.map((i) => [i, rate(s.outflow[i], i)])), pull = new Map(known.map((i) => [i, rate(s.inflow[i], i)]));
  const values = [...push.values(), ...pull.values()], low = Math.min(...values) / 1.3, high = Math.max(...values) * 1.6;
  const pad = [58, 14, 14, 40], log = (v) => Math.log(v / low) / Math.log(high / low);
  const x = (v) => pad[0] + log(v) * (width - pad[0] - pad[1]), y = (v) => height - pad[3] - log(v) * (height - pad[2] - pad[3]);
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
    for (const lead of high / low < 120 ? [1, 2, 5] : [1]) {
      const v = lead * 10 ** power, said = number(v, Math.max(0, -Math.floor(Math.log10(v) + 1e-9)));
      if (v > low && v < high) ticks.push(
        S("line", { x1: x(v), x2: x(v), y1: pad[2], y2: height - pad[3], stroke: LINE }), text(x(v), height - pad[3] + 15, said, { "text-anchor": "middle" }),
        S("line", { x1: pad[0], x2: width - pad[1], y1: y(v), y2: y(v), stroke: LINE }), text(pad[0] - 5, y(v) + 4, said, { "text-anchor": "end" }));
    }
  const mx = x(median([...push.values()])), my = y(median([...pull.values()]));
  const per = people ? "per 10,000 inhabitants" : "% of all moves";
  const places = new Map(known.map((i) => [i, [x(push.get(i)), y(pull.get(i)), known.length > 100 ? 3 : 5]]));
  const order = [state.city, ...inOrder(s).slice(0, 2 * NAMED).filter((i) => i !== state.city)].filter((i) => places.has(i));
  const corner = (cx, cy, said, end) => text(cx, cy, said, { class: "corner", "text-anchor": end });
  box.replaceChildren(svg(width, height, `Pull against push of the cities in ${s.period}`, ticks,
    S("line", { x1: x(low), y1: y(low), x2: x(high), y2: y(high), stroke: GREY, "stroke-dasharray": "2 4" }),
    S("line", { x1: mx, x2: mx, y1: pad[2], y2: height - pad[3], stroke: GREY, "stroke-width": 1.5 }),
    S("line", { x1: pad[0], x2: width - pad[1], y1: my, y2: my, stroke: GREY, "stroke-width": 1.5 }),
    corner(pad[0] + 6, pad[2] + 12, "Magnet", "start"), corner(width - pad[1] - 4, pad[2] + 12, "Churn hub", "end"),
    corner(pad[0] + 6, height - pad[3] - 6, "Quiet", "start"), corner(width - pad[1] - 4, height - pad[3] - 6, "Exporter", "end"),
    text(pad[0] + (width - pad[0]) / 2, height - 6, `Push: outflow, ${per} →`, { "text-anchor": "middle" }),
    text(0, 0, `Pull: inflow, ${per} →`, { "text-anchor": "middle", transform: `translate(11 ${height / 2 - 10}) rotate(-90)` }),
    known.map((i) => dot(i, ...places.get(i), net(i) < 0 ? BROWN : BLUE, `${both(i)}: in ${number(s.inflow[i])}, out ${number(s.outflow[i])}`)),
    names(places, order, width, height - pad[3], [[width - 90, pad[2] + 12, 90], [pad[0], pad[2] + 12, 60], [pad[0], height - pad[3] - 6, 45], [width - 80, height - pad[3] - 6, 80]])));
}

const DIALS = {
  pull: "how much it draws", push: "how much it sends out", reach: "how far its people go",
  stay: R.diagonal ? "how many look at home" : "who comes less who goes",
};

function gauge(share, from, to) {
  const spot = (p, r) => [60 - r * Math.cos(Math.PI * p), 60 - r * Math.sin(Math.PI * p)];
  const arc = (a, b) => `M${spot(a, 48).join(" ")}A48 48 0 0 1 ${spot(b, 48).join(" ")}`;
  const stroke = (a, b, colour) => S("path", { d: arc(a, b), fill: "none", stroke: colour, "stroke-width": 11 });
  return [stroke(0, 1, LINE), from === null || to - from < 0.004 ? null : stroke(from, to, "#7fb0e0"),
    S("line", { x1: spot(share, 38)[0], y1: spot(share, 38)[1], x2: spot(share, 57)[0], y2: spot(share, 57)[1], stroke: INK, "stroke-width": 3.5 })];
}

function dials() {
  const s = shown(), i = state.city;
  at("dials").replaceChildren(...["pull", "push", "stay", "reach"].map((name) => {
    const dial = s.dials[name], rank = dial ? dial.rank[i] : null, count = dial ? dial.rank.filter((r) => r !== null).length : 0;
    const title = [H("h4", {}, name[0].toUpperCase() + name.slice(1)), H("p", {}, DIALS[name])];
    if (rank === null) return H("div", {}, title, H("p", {}, name === "reach" ? "Not known: the data have no distances, or nobody left." : "Not known here."));
    const share = (r) => (count - r) / Math.max(count - 1, 1), [low, high] = [dial.low[i], dial.high[i]];
    return H("div", { "data-dial": name }, title,
      svg(120, 66, `${name}: percentile ${number(100 * share(rank), 0)}`, gauge(share(rank), high === null ? null : share(high), low === null ? null : share(low)),
        text(60, 60, number(100 * share(rank), 0), { class: "big", "text-anchor": "middle" })),
      H("p", {}, `Rank ${rank} of ${count}${low < high ? `, ${range(low, high)} likely` : ""}`));
  }));
  at("dials-note").textContent = "Percentiles among the cities; the light arc is where the rank may lie. " + {
    observed: `Observed in ${s.period}.`,
    forecast: `What the model expects in ${s.period}.`,
    "last observed": "Observed, not modelled: this model has no city variables, so these are the last observed ones.",
  }[s.basis];
}

function partners(id, rows, whole) {
  const s = shown(), head = [["City", 0], ["Moves", 1], ["Share", 1]];
  if (s.since) head.push([`Since ${unbroken(s.since.period)}`, 1]);
  if (s.next_period) head.push([`Expected ${unbroken(s.next_period)}`, 1]);
  at(id).replaceChildren(rows.length ? table(head, rows.map(([i, moves, then, expected]) => [
    linked(i), number(moves), percent(moves / whole),
    ...(s.since ? [then === null ? "–" : change(moves, then)] : []), ...(s.next_period ? [number(expected)] : []),
  ]), id) : H("p", { class: "note" }, "None."));
}

function ticksOf(top) {
  const rough = top / 4, unit = 10 ** Math.floor(Math.log10(rough || 1)), step = unit * [1, 2, 2.5, 5, 10].find((k) => k * unit >= rough);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, k) => k * step);
}

const compact = (v) => (Math.abs(v) >= 1e6 ? `${number(v / 1e6, Number.isInteger(v / 1e6) ? 0 : 1)}\u202fM` : number(v));
// Lines over periods. lines: {values, colour, dash, low, high, name}; low and high are of the periods ahead.
function chart(box, label, periods, observed, lines, { form = compact } = {}) {
  const width = widthOf(box), height = Math.min(260, Math.max(190, width * 0.4)), pad = [52, lines[0].name ? 96 : 12, 10, 24];
  const all = lines.flatMap((line) => [...line.values, ...(line.high ?? []), ...(line.low ?? [])]).filter((v) => v !== null);
  const bottom = Math.min(0, ...all), top = Math.max(...all, bottom + 1e-9);
  const x = (k) => pad[0] + ((k + 0.5) * (width - pad[0] - pad[1])) / periods.length;
  const y = (v) => height - pad[3] - ((v - bottom) / (top - bottom)) * (height - pad[2] - pad[3]);
  const path = (points) => points.reduce((d, [k, v], n) => d + (v === null ? "" : `${n && points[n - 1][1] !== null ? "L" : "M"}${x(k).toFixed(1)} ${y(v).toFixed(1)}`), "");
  const now = periods.indexOf(shown().period), half = (x(1) - x(0)) / 2, every = Math.ceil(periods.length / Math.max(2, Math.floor((width - 150) / 90)));
  const band = (line) => {
    if (!line.low) return null;
    const start = [observed - 1, line.values[observed - 1]], ends = line.low.map((v, k) => [observed + k, v]).reverse();
    return S("path", { d: `${path([start, ...line.high.map((v, k) => [observed + k, v])])}L${path(ends).slice(1)}Z`, fill: line.colour, "fill-opacity": 0.2 });
  };
  let last = -Infinity;
  const tags = lines.filter((line) => line.name).map((line) => [y(line.values.at(-1)), line]).sort((a, b) => a[0] - b[0]).map(([at_, line]) => {
    last = Math.max(at_ + 4, last + 14);
    return text(width - pad[1] + 2, last, line.name, { style: `fill:${line.colour}` });
  });
  box.replaceChildren(svg(width, height, label,
    observed < periods.length ? S("rect", { x: x(observed) - half, y: pad[2], width: 2 * half * (periods.length - observed), height: height - pad[2] - pad[3], fill: "#eef1f5" }) : null,
    ticksOf(top).concat(bottom < 0 ? ticksOf(-bottom).slice(1).map((v) => -v) : []).flatMap((v) => [
      S("line", { x1: pad[0], x2: width - pad[1], y1: y(v), y2: y(v), stroke: v === 0 ? GREY : LINE }), text(pad[0] - 6, y(v) + 4, form(v), { "text-anchor": "end" })]),
    periods.map((period, k) => ((periods.length - 1 - k) % every ? null : text(Math.min(x(k), width - 31), height - 6, period, { "text-anchor": "middle" }))),
    now < 0 ? null : S("line", { x1: x(now), x2: x(now), y1: pad[2], y2: height - pad[3], stroke: GREY, "stroke-dasharray": "3 3" }),
    lines.map(band),
    lines.map((line) => S("path", { d: path(line.values.map((v, k) => [k, v])), fill: "none", stroke: line.colour, "stroke-width": 2, "stroke-dasharray": line.dash ?? null })),
    tags));
}

function series() {
  const t = R.series, i = state.city;
  chart(at("series"), `Inflow and outflow of ${both(i)}`, t.periods, t.observed, [
    { values: t.outflow[i], low: t.outflow_low[i], high: t.outflow_high[i], colour: BROWN, dash: "5 2.5" },
    { values: t.inflow[i], low: t.inflow_low[i], high: t.inflow_high[i], colour: BLUE },
  ]);
}

const ADDENDS = {
  opposite: "the corridors back", origin: "all from the origins", destination: "all to this city",
  level: "common level", push: "push of the origins", pull: "pull of this city", stay: "stay", reach: "distance (reach)",
  corridor: "the corridors' own level", affinity: "affinity of the cities", scale: "scale of all corridors",
  correction: "what the network adds",
};

function reasons() {
  const box = at("reasons"), step = Math.max(shown().ahead - 1, 0), { lags, addends, value } = R.reasons, width = widthOf(box);
  if (!addends.length) return box.replaceChildren(H("p", { class: "note" }, "This model's forecasts cannot be taken apart."));
  const mine = value[step][state.city], cities = value[step].filter((city) => city.some(Boolean));
  if (!mine.some(Boolean)) return box.replaceChildren(H("p", { class: "note" }, "No arrivals are expected."));
  const label = (k) => (k < lags ? `own past, ${addends[k]} ${R.unit}${addends[k] === "1" ? "" : "s"} ago` : ADDENDS[addends[k]] ?? addends[k]);
  const all = addends.map((_, k) => k), total = (places, of) => places.reduce((sum, k) => sum + of[k], 0);
  const mean = all.map((k) => cities.reduce((sum, city) => sum + city[k], 0) / cities.length);
  // What is the same for every city tells nothing of this one: it is where the bars start from.
  const common = all.filter((k) => cities.every((city) => Math.abs(city[k] - mine[k]) < 1e-3)), own = all.filter((k) => !common.includes(k));
  const ends = [0, ...own.flatMap((k) => [mine[k], mean[k]])], low = Math.min(...ends), high = Math.max(...ends, low + 1e-9);
  const left = Math.min(190, width * 0.47), row = 22, height = row * own.length + 6, sum = total(all, mine);
  const x = (v) => left + ((v - low) / (high - low)) * (width - left - 48);
  const start = common.length ? `From ${number(total(common, mine), 2)}, the same for every city (${common.map(label).join(", ")}), they lead to ` : "They add up to ";
  box.replaceChildren(
    H("p", { class: "note" }, `For ${R.shown.find((s) => s.ahead === step + 1).period}: what each part adds to the log of the moves on a typical corridor into the city. ${start}${number(sum, 2)}, about ${number(Math.expm1(sum))} moves. The small line is the mean of all cities: what differs from it sets this city apart.`),
    svg(width, height, `What the forecast for ${both(state.city)} is made of`, own.map((k, place) => {
      const y = place * row + 4, a = Math.min(x(0), x(mine[k])), b = Math.max(x(0), x(mine[k]));
      return [text(left - 8, y + 12, label(k), { "text-anchor": "end" }),
        S("rect", { x: a, y, width: Math.max(b - a, 0.5), height: row - 7, fill: mine[k] < 0 ? BROWN : k < lags ? BLUE : "#5f93c9" }),
        S("line", { x1: x(mean[k]), x2: x(mean[k]), y1: y - 3, y2: y + row - 4, stroke: INK, "stroke-width": 1.5 }),
        text(Math.max(b, x(mean[k])) + 5, y + 12, signed(mine[k], 2), { style: `fill:${INK}` })];
    }), S("line", { x1: x(0), x2: x(0), y1: 0, y2: height, stroke: GREY })),
    H("p", {}, H("a", { class: "csv", href: "tables/reasons.csv", download: "" }, "reasons.csv")));
}

function changes() {
  const s = shown(), i = state.city, items = [];
  const movers = (rows) => rows.map(([other, moves]) => [linked(other), ` ${signed(moves)}`]).flatMap((part, k) => (k ? [", ", ...part] : part));
  for (const then of [s.since, s.cycle_ago].filter(Boolean)) {
    const was = then.rank[i], is = s.index.rank[i], within = was >= s.index.low[i] && was <= s.index.high[i];
    items.push(H("p", { class: "note" }, H("strong", {}, `Since ${then.period}`)), H("ul", { class: "plainlist" },
      H("li", {}, was === is ? `Rank ${is}, as then.` : `Rank ${is}, was ${was}${s.index.low[i] !== null && within ? ": within its range, so it may be chance." : "."}`),
      H("li", {}, `Inflow ${number(s.inflow[i])}, ${change(s.inflow[i], then.inflow[i])}; outflow ${number(s.outflow[i])}, ${change(s.outflow[i], then.outflow[i])}.`),
      then.sources[i].length ? H("li", {}, "Arrivals changed most from ", movers(then.sources[i]), ".") : null,
      then.destinations[i].length ? H("li", {}, "Departures changed most to ", movers(then.destinations[i]), ".") : null));
  }
  at("changes").replaceChildren(...(items.length ? items : [H("p", { class: "note" }, "The period before is not known.")]),
    H("a", { class: "csv", href: "tables/changes.csv", download: "" }, "changes.csv"));
}

function panel() {
  const s = shown(), i = state.city, city = R.cities[i];
  at("panel-name").textContent = both(i);
  const facts = [city.province, city.tier && `${city.tier} city`, city.population && `${number(city.population, 0)} inhabitants`].filter(Boolean);
  at("panel-lead").replaceChildren(`${s.period}, ${kind(s)}. Rank ${s.index.rank[i]} of ${R.cities.length}` +
    (s.index.low[i] < s.index.high[i] ? ` (${range(s.index.low[i], s.index.high[i])})` : "") +
    `, index ${number(s.index.value[i], 0)}. In ${number(s.inflow[i])}, out ${number(s.outflow[i])}, net ${signed(net(i))}.`,
    ...(facts.length ? [" ", H("span", { class: "sub" }, facts.join(" · "))] : []));
  dials();
  partners("sources", s.sources[i], s.inflow[i]);
  partners("destinations", s.destinations[i], s.outflow[i]);
  series();
  reasons();
  changes();
  at("peers").replaceChildren(H("ul", { class: "plainlist" }, R.peers.nearest[i].map(([peer, alike]) =>
    H("li", {}, linked(peer), H("span", { class: "sub" }, ` similarity ${number(alike, 2)}, index ${number(s.index.value[peer], 0)}`)))),
    H("a", { class: "csv", href: "tables/peers.csv", download: "" }, "peers.csv"));
}

function trends() {
  for (const box of document.querySelectorAll(".trend")) {
    const { name, groups, inflow } = R.groupings[Number(box.dataset.grouping)];
    chart(box, `Inflow share by ${name.toLowerCase()}`, R.shown.map((s) => s.period), R.shown.filter((s) => !s.ahead).length,
      groups.map((group, g) => ({ name: group[0].toUpperCase() + group.slice(1), values: inflow.map((row) => row[g]), colour: PALETTE[g % PALETTE.length], dash: g % 2 ? "5 2.5" : null })),
      { form: (v) => percent(v, 0) });
  }
}

function render() {
  for (const draw of [ranking, corridors, map, quadrant, panel, trends]) draw();
  at("period").value = state.period;
  at("place").value = state.city;
  at("earlier").disabled = state.period === 0;
  at("later").disabled = state.period === R.shown.length - 1;
  at("said").textContent = `${shown().period}, ${kind(shown())}; ${both(state.city)}`;
}

const placeOf = (hash) => R.cities.findIndex((city) => city.region === decodeURIComponent(hash.slice(1)));
const toPanel = () => at("city").scrollIntoView();
const choosePeriod = (period) => { state.period = period; render(); };

// The address names the city, so it can be sent to somebody; choosing changes the address, the address the page.
function chooseCity(i) {
  state.city = i;
  history.replaceState(null, "", `#${encodeURIComponent(R.cities[i].region)}`);
  render();
}

function start() {
  document.documentElement.classList.add("js");
  const option = (s, k) => H("option", { value: k }, s.period);
  const periods = R.shown.map((s, k) => [s, k]).reverse();
  const part = (label, ahead) => H("optgroup", { label }, periods.filter(([s]) => Boolean(s.ahead) === ahead).map(([s, k]) => option(s, k)));
  at("period").append(...(R.shown.at(-1).ahead ? [part("Forecast", true)] : []), part("Observed", false));
  at("place").append(...R.cities.map((_, i) => i).sort((a, b) => short(a).localeCompare(short(b), "en")).map((i) => H("option", { value: i }, both(i))));
  at("period").addEventListener("change", (event) => choosePeriod(Number(event.target.value)));
  at("earlier").addEventListener("click", () => choosePeriod(state.period - 1));
  at("later").addEventListener("click", () => choosePeriod(state.period + 1));
  at("place").addEventListener("change", (event) => chooseCity(Number(event.target.value)));
  at("more").addEventListener("click", () => { state.all = !state.all; ranking(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']"), row = event.target.closest("tr.pick");
    const i = link ? placeOf(link.getAttribute("href")) : row ? placeOf(`#${encodeURIComponent(row.dataset.region)}`) : -1;
    if (i < 0) return;
    event.preventDefault();
    chooseCity(i);
    if (!link?.matches(".dot")) toPanel();
  });
  window.addEventListener("hashchange", () => { const i = placeOf(location.hash); if (i >= 0) { chooseCity(i); toPanel(); } });
  let width = 0;
  new ResizeObserver(() => { if (width !== document.body.clientWidth) { width = document.body.clientWidth; render(); } }).observe(document.body);
  const asked = placeOf(location.hash);
  state.city = asked >= 0 ? asked : inOrder(shown())[0];
  render();
  if (asked >= 0) toPanel();
}

start();
