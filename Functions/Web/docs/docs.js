// Shows openapi.json and lets every route be tried.

import { element } from "../app/dom.js";
import { kept } from "../app/session.js";

const methods = ["get", "post", "put", "delete"];
const byId = (id) => document.getElementById(id);

/** The schema behind a reference. */
function resolve(document, schema) {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? document.components.schemas[name] : schema;
}

/** A body that fits a schema: examples where there are some, required members first. */
function example(document, schema, depth = 0) {
  const facts = resolve(document, schema) ?? {};
  if (facts.examples) return facts.examples[0];
  if (facts.enum) return facts.enum[0];
  if (facts.type === "object" && depth < 3) {
    const names = facts.required ?? Object.keys(facts.properties ?? {}).slice(0, 1);
    return Object.fromEntries(names.map((name) => [name, example(document, facts.properties[name], depth + 1)]));
  }
  return { string: "text", integer: 1, number: 1, boolean: true, array: [], object: {} }[facts.type] ?? null;
}

function field(operation, parameter) {
  const id = `${operation.operationId}-${parameter.name}`;
  const label = element("label", { htmlFor: id }, parameter.name, " ",
    element("span", { className: "fine" }, [parameter.required ? "required" : "", parameter.in, parameter.description ?? ""].filter(Boolean).join(", ")));
  const choices = parameter.schema?.enum;
  const input = choices
    ? element("select", { id }, ...["", ...choices].map((value) => element("option", { value }, value || "—")))
    : element("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  return { parameter, input, nodes: [label, input] };
}

/** Where a request goes: variables in the path, parameters behind it, headers beside it. */
function request(path, method, fields, body) {
  const headers = {};
  const query = new URLSearchParams();
  let address = path;
  for (const { parameter, input } of fields) {
    const value = input.value.trim();
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value && parameter.in === "header") headers[parameter.name] = value;
    else if (value) query.set(parameter.name, value);
  }
  const token = byId("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== null) headers["Content-Type"] = "application/json";
  const search = query.toString();
  return { address: address + (search ? `?${search}` : ""), options: { method: method.toUpperCase(), headers, body, cache: "no-store", credentials: "omit" } };
}

async function show(response, output) {
  output.textContent = `${response.status} ${response.statusText}\n\n`;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream") && response.body) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) output.textContent += part.value;
    return;
  }
  const text = await response.text();
  try {
    output.textContent += JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    output.textContent += text;
  }
}

function trial(document, path, method, operation, streamURL) {
  const fields = (operation.parameters ?? []).map((parameter) => field(operation, parameter));
  const nodes = fields.flatMap((one) => one.nodes);
  const schema = operation.requestBody?.content["application/json"].schema;
  let body = null;
  if (schema) {
    const id = `${operation.operationId}-body`;
    body = element("textarea", { id, spellcheck: false }, JSON.stringify(example(document, schema), null, 2));
    nodes.push(element("label", { htmlFor: id }, "Body"), body);
  }
  const output = element("pre", { hidden: true, tabIndex: 0, role: "status", "aria-label": "Answer" });
  const button = element("button", { type: "button" }, "Try it");
  button.addEventListener("click", async () => {
    const { address, options } = request(path, method, fields, body ? body.value : null);
    output.hidden = false;
    output.textContent = "Waiting…";
    button.disabled = true;
    try {
      const target = operation.operationId === "streamChat" && streamURL ? streamURL : `.${address}`;
      await show(await fetch(target, options), output);
    } catch (problem) {
      output.textContent = `The request failed: ${problem.message}`;
    } finally {
      button.disabled = false;
    }
  });
  return [...nodes, button, output];
}

function route(document, path, method, operation, streamURL) {
  const needs = operation.security?.length ? "token" : "";
  const summary = element("summary", {},
    element("span", { className: "method" }, method.toUpperCase()),
    element("span", { className: "path" }, path),
    element("span", { className: "lock" }, needs),
    element("span", { className: "summary-text" }, operation.summary));
  summary.firstChild.dataset.method = method;
  const box = element("details", { className: "route", id: operation.operationId }, summary);
  // Made when it is opened: most of it is never looked at.
  box.addEventListener("toggle", () => {
    if (!box.open || box.children.length > 1) return;
    const answers = Object.entries(operation.responses).map(([status, { description }]) =>
      element("li", {}, element("code", {}, status), ` ${description}`));
    box.append(element("div", { className: "route-body" },
      ...trial(document, path, method, operation, streamURL),
      element("h3", {}, "Answers"), element("ul", { className: "answers" }, ...answers)));
  });
  return box;
}

async function main() {
  byId("token").value = kept.get() ?? "";
  byId("sign-in").addEventListener("submit", (event) => event.preventDefault());
  byId("token").addEventListener("input", () => kept.set(byId("token").value.trim()));
  let description;
  let config;
  try {
    [description, config] = await Promise.all(["openapi.json", "api/v1/config"].map(async (path) => (await fetch(path)).json()));
  } catch {
    byId("note").textContent = "The description could not be loaded. Please try again later.";
    return;
  }
  byId("version").textContent = description.info.version;
  byId("about").textContent = description.info.description;
  const groups = description.tags.map(({ name }) => {
    const boxes = Object.entries(description.paths).flatMap(([path, item]) => methods
      .filter((method) => item[method]?.tags.includes(name))
      .map((method) => route(description, path, method, item[method], config.streamURL)));
    const id = name.toLowerCase();
    byId("tags").append(element("a", { href: `#${id}` }, name));
    return element("section", {}, element("h2", { id }, name), ...boxes);
  });
  byId("routes").replaceChildren(...groups);
  const wanted = byId(decodeURIComponent(location.hash.slice(1)));
  if (wanted) {
    if (wanted.matches("details")) wanted.open = true;
    wanted.scrollIntoView();
  }
}

await main();
