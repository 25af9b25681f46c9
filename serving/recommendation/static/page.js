"use strict";
const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
let schema = null;
let asked = null;
let rows = [];

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function plain(name) {
  return name.replaceAll("_", " ");
}

function drawn(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

async function ask(path, body) {
  const answer = await authorised(path, body === undefined ? {} : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const content = await answer.json();
  if (answer.ok) return content;
  const wrong = (content.errors || []).map((each) => `${each.path}: ${each.message}`);
  throw new Error(wrong.join("; ") || content.detail || content.title);
}

function said(error) {
  at("problem").textContent = error ? error.message : "";
  at("problem").hidden = !error;
  if (error) at("problem").scrollIntoView({ block: "nearest" });
}

async function attempt(work) {
  said(null);
  try { await work(); } catch (error) { said(error); }
}

function build() {
  for (const field of schema.students.filter((each) => !each.protected)) {
    const name = `field-${field.name}`;
    const input = field.kind === "categorical"
      ? made("select", { id: name }, made("option", { value: "" }, "not known"))
      : made("input", { id: name, type: "number", step: "any", placeholder: `mean ${field.mean.toFixed(1)}` });
    for (const value of field.values || []) input.append(made("option", { value }, value));
    at("fields").append(made("label", { for: name }, plain(field.name), input));
  }
  // Nobody asks for one of many values that hardly two employers share.
  const shared = schema.employers.filter((each) => each.kind === "categorical" && !each.protected
    && each.values.length > 1 && each.values.length <= schema.employer_count / 2);
  for (const field of shared) {
    const name = `where-${field.name}`;
    const size = Math.min(field.values.length, 5);
    const select = made("select", { id: name, multiple: "", size, "data-field": field.name },
      ...field.values.map((value) => made("option", { value }, value)));
    at("where").append(made("label", { for: name }, plain(field.name), select));
  }
  at("filters").hidden = !shared.length;
  at("ids").append(...schema.employer_ids.map((value) => made("option", { value })));
}

function student() {
  const found = {};
  for (const field of schema.students.filter((each) => !each.protected)) {
    const value = at(`field-${field.name}`).value;
    if (value !== "") found[field.name] = field.kind === "categorical" ? value : Number(value);
  }
  return found;
}

function wanted() {
  const found = {};
  for (const select of at("where").querySelectorAll("select")) {
    const values = [...select.selectedOptions].map((option) => option.value);
    if (values.length) found[select.dataset.field] = values;
  }
  return found;
}

function question() {
  const exclude = at("exclude").value.split("\n").map((line) => line.trim()).filter(Boolean);
  return { student: student(), k: Number(at("k").value), exclude, where: wanted() };
}

function filtered(where) {
  return Object.entries(where).map(([name, values]) => `${plain(name)} ${values.join(" or ")}`).join("; ");
}

function fill(record) {
  for (const field of schema.students.filter((each) => !each.protected)) {
    const input = at(`field-${field.name}`);
    const value = record[field.name] === undefined || record[field.name] === null ? "" : String(record[field.name]);
    if (field.kind === "categorical" && value !== "" && ![...input.options].some((each) => each.value === value)) {
      input.append(made("option", { value }, `${value} (not seen in training)`));
    }
    input.value = value;
  }
}

function parsed(text) {
  const lines = [[]];
  let cell = "", quoted = false;
  const clean = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  for (let place = 0; place < clean.length; place += 1) {
    const letter = clean[place];
    if (quoted && letter === '"' && clean[place + 1] === '"') { cell += '"'; place += 1; }
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && (letter === "," || letter === "\n")) {
      lines[lines.length - 1].push(cell);
      cell = "";
      if (letter === "\n") lines.push([]);
    } else cell += letter;
  }
  lines[lines.length - 1].push(cell);
  const [header, ...cells] = lines.filter((line) => line.length > 1 || line[0] !== "");
  return cells.map((line) => Object.fromEntries(header.map((name, place) => [name, line[place]])));
}

async function load(file) {
  const text = await file.text();
  const content = file.name.endsWith(".json") ? JSON.parse(text) : parsed(text);
  rows = Array.isArray(content) ? content : [content];
  if (!rows.length) throw new Error(`${file.name}: there is no student in it`);
  at("row").replaceChildren(...rows.map((row, place) =>
    made("option", { value: place }, row[schema.id] || `${place + 1}`)));
  at("which").hidden = rows.length < 2;
  fill(rows[0]);
}

function pie(intent) {
  const shares = Object.entries(intent).sort((one, other) => other[1] - one[1]);
  if (!shares.length) return [];
  const label = shares.map(([name, share]) => `${plain(name)} ${(100 * share).toFixed(0)} %`).join(", ");
  const chart = drawn("svg", { viewBox: "-52 -52 104 104", width: 180, role: "img", "aria-label": `Intent: ${label}` });
  let turned = 0;
  shares.forEach(([, share], place) => {
    const point = (turn) => [50 * Math.sin(2 * Math.PI * turn), -50 * Math.cos(2 * Math.PI * turn)];
    const [x0, y0] = point(turned);
    const [x1, y1] = point(turned + share);
    const shape = share > 0.9999
      ? drawn("circle", { r: 50 })
      : drawn("path", { d: `M0 0L${x0} ${y0}A50 50 0 ${share > 0.5 ? 1 : 0} 1 ${x1} ${y1}Z` });
    shape.setAttribute("class", `pie${place % 5}`);
    chart.append(shape);
    turned += share;
  });
  const key = made("ul", { class: "key" }, ...shares.map(([name, share], place) => {
    const mark = drawn("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
    mark.append(drawn("rect", { width: 10, height: 10, class: `pie${place % 5}` }));
    return made("li", {}, mark, `${plain(name)} ${(100 * share).toFixed(1)} %`);
  }));
  return [made("h2", {}, "After graduation"), chart, key];
}

function bars(title, fields, most) {
  const height = 24 * fields.length + 4;
  const chart = drawn("svg", { viewBox: `0 0 400 ${height}`, width: 400, role: "img", "aria-label": title });
  chart.append(drawn("line", { x1: 260, x2: 260, y1: 0, y2: height, class: "axis" }));
  fields.forEach(({ field, contribution }, place) => {
    const said = plain(field);
    const length = 110 * Math.abs(contribution) / most;
    const sign = contribution < 0 ? "−" : contribution > 0 ? "+" : "";
    chart.append(
      drawn("text", { x: 0, y: 24 * place + 17 }, said.length > 19 ? `${said.slice(0, 18)}…` : said),
      drawn("rect", { x: contribution < 0 ? 260 - length : 260, y: 24 * place + 4, width: length, height: 16,
        class: contribution < 0 ? "against" : "for" }),
      drawn("text", { x: contribution < 0 ? 266 : 254, y: 24 * place + 17,
        "text-anchor": contribution < 0 ? "start" : "end" }, `${sign}${Number(Math.abs(contribution).toPrecision(2))}`));
  });
  return made("div", {}, made("h3", {}, title), chart);
}

function shown(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : value === null ? "not known" : `“${value}”`;
}

function leftOut(employer) {
  if (asked.exclude.includes(employer.id)) return "It is not in the list because it is named as closed or full.";
  const missed = Object.entries(asked.where).find(([name, values]) => !values.includes(employer.fields[name]));
  return missed ? `It is not in the list because only employers with ${filtered({ [missed[0]]: missed[1] })} are.` : "";
}

function changed(answer) {
  const { counterfactual: change, rank, employer } = answer;
  const place = asked.listed.indexOf(employer.id) + 1;
  const among = `number ${rank} of all ${schema.employer_count}`;
  if (place) return place === rank ? `It is number ${rank} of the list.` : `It is number ${place} of the list, ${among}.`;
  const said = [leftOut(employer), `It is ${among}${rank > asked.k ? `, outside the first ${asked.k}` : ""}.`];
  if (change) said.push(`With ${plain(change.field)} ${shown(change.after)} instead of ${shown(change.before)} it would be number ${change.rank}.`);
  else if (rank > asked.k) said.push(`No single change of a field that can be changed brings it among the first ${asked.k}.`);
  return said.join(" ").trim();
}

async function explain(employer) {
  const answer = await ask("explain", { student: asked.student, employer, k: asked.k });
  const contributions = [...answer.student_fields, ...answer.employer_fields].map((each) => Math.abs(each.contribution));
  const most = Math.max(...contributions, 1e-12);
  const fields = Object.entries(answer.employer.fields).filter(([, value]) => value !== null);
  at("why").replaceChildren(
    made("h2", { tabindex: "-1" }, `Why ${asked.listed.includes(employer) ? "" : "not "}${employer}`),
    made("p", {}, made("small", {}, fields.map(([name, value]) => `${plain(name)}: ${value}`).join(" · "))),
    made("p", { class: "counterfactual" }, changed(answer)),
    made("p", {}, "A bar is what the score loses if the field is not known: ",
      "to the right it speaks for this employer, to the left against it."),
    made("div", { class: "pair" }, bars("The student's fields", answer.student_fields, most),
      bars("The employer's fields", answer.employer_fields, most)));
  at("why").hidden = false;
  at("why").querySelector("h2").focus();
}

function listed(employers) {
  const body = made("tbody");
  for (const each of employers) {
    const why = made("button", { type: "button", class: "quiet" }, "Why");
    why.setAttribute("aria-label", `Why ${each.id}`);
    why.addEventListener("click", () => attempt(() => explain(each.id)));
    const about = Object.entries(each.fields).filter(([, value]) => value !== null).slice(0, 4);
    body.append(made("tr", {}, made("td", { class: "n" }, String(each.rank)),
      made("td", {}, made("strong", {}, each.id), made("br"), made("small", {}, about.map(([, value]) => value).join(" · "))),
      made("td", { class: "n" }, each.score.toFixed(3)), made("td", {}, why)));
  }
  const head = made("tr", {}, ...["Rank", "Employer", "Score", ""].map((name) =>
    made("th", { scope: "col", class: name === "Rank" || name === "Score" ? "n" : "" }, name)));
  return made("table", {}, made("thead", {}, head), body);
}

async function recommend() {
  const sent = question();
  const answer = await ask("recommend", sent);
  asked = { ...sent, listed: answer.employers.map((each) => each.id) };
  at("unknown").textContent = `Not seen in training, so taken as not known: ${answer.unknown.join(", ")}.`;
  at("unknown").hidden = !answer.unknown.length;
  at("narrowed").textContent = `Only employers with ${filtered(asked.where)}.`;
  at("narrowed").hidden = !Object.keys(asked.where).length;
  at("employers").replaceChildren(...answer.employers.length
    ? [listed(answer.employers), made("p", {}, made("small", {}, "A score orders; it is no probability."))]
    : [made("p", {}, "No employer is left: fewer filters, or fewer that are closed or full.")]);
  at("intent").replaceChildren(...pie(answer.intent));
  at("why").hidden = true;
  at("answer").hidden = false;
}

at("student").addEventListener("submit", (event) => { event.preventDefault(); attempt(recommend); });
at("whynot").addEventListener("submit", (event) => { event.preventDefault(); attempt(async () => {
  await recommend(); // of the student as entered now
  await explain(at("other").value.trim());
}); });
at("file").addEventListener("change", (event) => attempt(() => load(event.target.files[0])));
at("row").addEventListener("change", (event) => fill(rows[Number(event.target.value)]));
attempt(async () => { schema = await ask("schema"); build(); });
