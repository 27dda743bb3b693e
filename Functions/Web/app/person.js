// What the service knows about who is signed in: what is remembered, what was used, what is allowed.

import { Unauthorized } from "./api.js";
import { announce, byId, element, icon } from "./dom.js";
import { markJapanese } from "./language.js";

const kinds = { preference: "Preference", fact: "Fact", entity: "Somebody or something", state: "At the moment" };
const scopes = { user: "You", tenant: "Your organisation" };
const periods = { day: "today", month: "this month" };

export class PersonDialog {
  /** `onUnauthorized()` when the token is not accepted any more, `onSettings(settings)` when they are known. */
  constructor({ onUnauthorized, onSettings }) {
    Object.assign(this, { onUnauthorized, onSettings });
    this.decisions = 0;
    this.dialog = byId("person");
    byId("open-person").addEventListener("click", () => this.open());
    byId("close-person").addEventListener("click", () => this.dialog.close());
    byId("forget-all").addEventListener("click", () => this.confirmAll());
    byId("allow-meaning").addEventListener("change", (event) => this.allow(event.target.checked));
    // A click on the backdrop is one on the dialog itself.
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  /** Whose it is from now on; null signs out. */
  set(api) {
    this.api = api;
    if (!api) return this.dialog.open ? this.dialog.close() : undefined;
    return this.loadSettings();
  }

  async open() {
    this.dialog.showModal();
    byId("close-person").focus();
    await Promise.all([this.loadRemembered(), this.loadUse(), this.loadSettings()]);
  }

  /** Runs `body`; what goes wrong is said in the dialog. */
  async attempt(body) {
    const { api } = this;
    try {
      this.problem("");
      await body();
      return true;
    } catch (failure) {
      if (this.api !== api) return false;
      if (failure instanceof Unauthorized) this.onUnauthorized();
      else this.problem(failure.message);
      return false;
    }
  }

  problem(text) {
    byId("person-problem").textContent = text;
    byId("person-problem").hidden = !text;
  }

  // What is remembered

  loadRemembered() { return this.attempt(async () => this.showRemembered(await this.api.context())); }

  showRemembered(entries) {
    this.entries = entries;
    byId("remembered").replaceChildren(...entries.map((entry) => this.entry(entry)));
    byId("remembered-none").hidden = entries.length > 0;
    byId("forget-all").hidden = entries.length === 0;
    this.restore();
  }

  entry(entry) {
    const until = entry.expiresAt ? `, until ${moment(entry.expiresAt)}` : "";
    return element("li", {},
      element("span", { className: "remembered-text" },
        element("span", { className: "fine" }, `${kinds[entry.kind] ?? entry.kind}${until}`),
        markJapanese(element("span", {}, element("b", {}, entry.key), ` ${entry.value}`))),
      element("button", {
        type: "button", className: "icon-button", "aria-label": `Forget ${entry.key}`, onclick: () => this.forget(entry),
      }, icon("trash")));
  }

  async forget(entry) {
    const place = this.entries.indexOf(entry);
    const isDone = await this.attempt(() => this.api.forget(entry.kind, entry.key));
    if (!isDone) return;
    this.showRemembered(this.entries.filter((one) => one !== entry));
    announce(`${entry.key} was forgotten.`);
    const buttons = byId("remembered").querySelectorAll("button");
    (buttons[Math.min(place, buttons.length - 1)] ?? byId("close-person")).focus();
  }

  /** Asks before everything is forgotten. */
  confirmAll() {
    const question = byId("forget-question");
    if (question.hidden) {
      question.hidden = false;
      byId("forget-all").hidden = true;
      const no = element("button", { type: "button", className: "quiet", onclick: () => { this.restore(); byId("forget-all").focus(); } }, "Keep");
      const yes = element("button", { type: "button", className: "quiet danger", onclick: () => this.forgetAll() }, "Forget");
      question.replaceChildren(element("span", {}, "Forget all of it?"), no, yes);
      yes.focus();
    }
  }

  async forgetAll() {
    this.decisions += 1;
    if (!await this.attempt(() => this.api.forgetAll())) return;
    this.showRemembered([]);
    this.know({ searchByMeaning: false });
    announce("Everything was forgotten.");
    byId("close-person").focus();
  }

  restore() {
    byId("forget-question").hidden = true;
    byId("forget-all").hidden = !this.entries?.length;
  }

  // What was used

  loadUse() { return this.attempt(async () => this.showUse(await this.api.usage())); }

  showUse({ day, month, budgets = [] }) {
    const row = (name, used) => element("tr", {},
      element("th", { scope: "row" }, name), element("td", {}, count(used?.turns)),
      element("td", {}, count((used?.usage?.inputTokens ?? 0) + (used?.usage?.outputTokens ?? 0))),
      element("td", {}, money(used?.cost)));
    byId("use").replaceChildren(row("Today", day), row("This month", month));
    byId("budgets").replaceChildren(...budgets.map(({ scope, period, percent, state }) => {
      const name = `${scopes[scope] ?? scope}, ${periods[period] ?? period}`;
      const meter = element("meter", { min: 0, max: 100, high: 80, optimum: 0, value: Math.min(100, percent), "aria-label": name });
      return element("li", { "data-state": state }, element("span", {}, name), meter, element("span", { className: "fine" }, `${percent} %`));
    }));
  }

  // What is allowed

  /** What was decided here meanwhile counts more than what was asked for before. */
  loadSettings() {
    const { decisions } = this;
    return this.attempt(async () => {
      const settings = await this.api.settings();
      if (this.decisions === decisions) this.know(settings);
    });
  }

  know(settings) {
    byId("allow-meaning").checked = settings.searchByMeaning;
    this.onSettings(settings);
  }

  async allow(allows) {
    this.decisions += 1;
    byId("allow-meaning").disabled = true;
    const isDone = await this.attempt(async () => this.know(await this.api.setSettings({ searchByMeaning: allows })));
    if (!isDone) byId("allow-meaning").checked = !allows;
    else announce(allows ? "Your conversations can be searched by meaning." : "The search by meaning was switched off.");
    byId("allow-meaning").disabled = false;
    byId("allow-meaning").focus();
  }
}

const count = (number) => new Intl.NumberFormat().format(number ?? 0);

/** An amount in US dollars; small ones with as many digits as say something. */
function money(text) {
  const amount = Number(text ?? 0);
  const digits = amount !== 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  return new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", ...digits }).format(amount);
}

const moment = (text) => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
