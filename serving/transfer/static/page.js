"use strict";
const at = (id) => document.getElementById(id);
const FIELDS = ["subject", "origin", "destination", "time"];
const LEVELS = {
  strict: "all members agree on every field", core: "all agree on who, from where and to where",
  pair: "all agree on both countries", majority: "a majority agrees on both countries",
};

function element(name, content, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const each of [content].flat()) made.append(each);
  return made;
}

function complain(said) {
  at("problem").hidden = !said;
  at("problem").textContent = said || "";
}

// The evidence of the member that tells most, marked in the sentence; where two spans meet the first wins.
function marked(text, reading) {
  const told = reading.members.filter((member) => member.circulation);
  const most = told.sort((a, b) => count(b) - count(a))[0];
  const spans = most ? FIELDS.filter((field) => most.spans[field])
    .map((field) => ({ field, ...most.spans[field] })).sort((a, b) => a.start - b.start) : [];
  // Offsets count characters, and JavaScript's strings count 16-bit units.
  const letters = Array.from(text);
  const pieces = [];
  let from = reading.start;
  for (const span of spans) {
    if (span.start < from) continue;
    pieces.push(letters.slice(from, span.start).join(""));
    pieces.push(element("mark", letters.slice(span.start, span.end).join(""), { class: span.field }));
    from = span.end;
  }
  pieces.push(letters.slice(from, reading.end).join(""));
  return element("p", pieces);
}

function count(member) {
  return FIELDS.filter((field) => member.spans[field]).length;
}

function place(member, field) {
  const span = member.spans[field];
  if (!span) return "–";
  const found = member.places[field];
  const code = found.iso3 || found.status.toLowerCase();
  return [`${span.text} → `, element("strong", code), element("br", ""), element("small", found.rule)];
}

function row(member) {
  const said = member.circulation ? "a move" : "no move";
  const subject = member.spans.subject ? member.spans.subject.text : "–";
  const time = member.spans.time ? `${member.spans.time.text} → ${member.period || "unknown"}` : "–";
  const cells = [`${said} (${Math.round(member.score * 100)} %)`, subject, place(member, "origin"),
    place(member, "destination"), time];
  return element("tr", [element("th", member.member, { scope: "row" }), ...cells.map((cell) => element("td", cell))]);
}

function verdict(said) {
  if (!said) return element("p", "No verdict: the members do not agree on a move.", { class: "verdict" });
  const who = said.subject ? `${said.subject}: ` : "";
  const when = said.period ? `, ${said.period}${said.inferred ? " (counted from the day of publication)" : ""}` : "";
  const counts = said.flow ? "" : " It is no flow: a country is not known, or both are the same.";
  const text = `${who}${said.origin || "unknown"} → ${said.destination || "unknown"}${when}.`;
  return element("p", [text, element("br", ""), element("small", `${said.level}: ${LEVELS[said.level]}.${counts}`)],
    { class: "verdict" });
}

function show(text, passage) {
  const moves = passage.readings.filter((reading) => reading.verdict).length;
  at("summary").textContent = `${passage.sentences} sentence${passage.sentences === 1 ? "" : "s"}, ` +
    `${passage.readings.length} read, ${moves} agreed to tell of a move.`;
  const head = element("tr", ["member", "says", "who", "from", "to", "when"].map((name) => element("th", name)));
  at("readings").replaceChildren(...passage.readings.map((reading) => element("div", [
    marked(text, reading), verdict(reading.verdict),
    element("table", [element("thead", head.cloneNode(true)), element("tbody", reading.members.map(row))]),
  ], { class: "reading" })));
  at("answer").hidden = false;
}

at("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("");
  const text = at("text").value;
  const passage = { text };
  if (at("published").value) passage.published = at("published").value;
  try {
    const reply = await authorised("extract", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ passages: [passage], screen: at("screen").checked }),
    });
    const said = await reply.json();
    if (!reply.ok) return complain([said.title, said.detail].filter(Boolean).join(" "));
    show(text, said.passages[0]);
  } catch {
    complain("The server does not answer; is it still running?");
  }
});
