// The emulator's own page: asks for its status each second while somebody looks.

const place = (id) => document.getElementById(id);

/** A table cell; text only, so nothing that a function is called can become markup. */
function cell(text, style) {
  const td = document.createElement("td");
  td.textContent = text;
  if (style) td.className = style;
  return td;
}

function fill(id, rows, empty, columns) {
  const body = place(id);
  if (rows.length === 0) {
    const td = cell(empty);
    td.colSpan = columns;
    rows = [[td]];
  }
  body.replaceChildren(...rows.map((cells) => {
    const tr = document.createElement("tr");
    tr.append(...cells);
    return tr;
  }));
}

function megabytes(kilobytes) {
  return kilobytes > 0 ? `${Math.ceil(kilobytes / 1024)} MB` : "";
}

function functionRow(item) {
  const phases = item.sandboxes.map((sandbox) => sandbox.phase);
  const count = (name) => phases.filter((phase) => phase === name).length;
  const parts = ["busy", "idle", "starting", "ending"]
    .filter((name) => count(name) > 0).map((name) => `${count(name)} ${name}`);
  const memory = Math.max(0, ...item.sandboxes.map((sandbox) => sandbox.memoryKB));
  return [
    cell(item.name), cell(parts.join(", ") || "none"), cell(item.waiting),
    cell(item.invocations), cell(item.errors, item.errors ? "bad" : ""),
    cell(item.timeouts, item.timeouts ? "bad" : ""), cell(megabytes(memory)),
  ];
}

function recentRow(item) {
  return [
    cell(new Date(item.time).toLocaleTimeString()), cell(item.function),
    cell(`${item.durationMs.toFixed(1)} ms`),
    cell(item.initMs === undefined ? "" : `${item.initMs.toFixed(1)} ms`),
    cell(item.status, item.status === "success" ? "good" : "bad"), cell(item.requestId),
  ];
}

function linkRows(links) {
  return links.flatMap(({ name, address }) => {
    const dt = document.createElement("dt");
    dt.textContent = name;
    const dd = document.createElement("dd");
    if (address.startsWith("http://")) {
      const a = document.createElement("a");
      a.href = address;
      a.textContent = address;
      dd.append(a);
    } else {
      dd.textContent = address;
    }
    return [dt, dd];
  });
}

function show(status) {
  place("links").replaceChildren(...linkRows(status.links));
  fill("functions", status.functions.map(functionRow), "The template has no functions.", 7);
  fill("recent", status.recent.map(recentRow), "Nothing has been invoked yet.", 6);
  const routes = status.routes.map((route) =>
    [cell(route.api), cell(route.key), cell(route.function)]);
  fill("routes", routes, "The template has no routes.", 3);
}

async function look() {
  const state = place("state");
  try {
    const answer = await fetch("/_martlet/status.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
    state.textContent = "Running";
    state.className = "";
  } catch {
    state.textContent = "The emulator does not answer. Has it ended?";
    state.className = "lost";
  }
}

async function watch() {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((done) => setTimeout(done, 1000));
  }
}

watch();
