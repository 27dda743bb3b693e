// Where the page begins: configuration, token, then either the sign-in view or the workspace.

import { API, Unauthorized } from "./api.js";
import { byId } from "./dom.js";
import { claims, kept, takeTokenFromAddress, tokenProblem } from "./session.js";
import { Workspace } from "./workspace.js";

let workspace = null;
let expiry = 0;

function showSignIn(problem = "") {
  clearTimeout(expiry);
  workspace?.close();
  workspace = null;
  byId("workspace").hidden = true;
  byId("sign-in").hidden = false;
  byId("sign-in-problem").textContent = problem;
  byId("token").value = "";
  byId("token").setAttribute("aria-invalid", String(Boolean(problem)));
  byId("token").focus();
  document.title = "Sign in · Martlet";
}

/** Signs in with a token, after asking the server whether it accepts it. */
async function signIn(token) {
  const problem = tokenProblem(token);
  if (problem) return forget(problem);
  kept.set(token);
  const api = new API(token);
  try {
    const [config, first] = await Promise.all([API.config(), api.conversations()]);
    enter(config, api, first);
  } catch (failure) {
    if (failure instanceof Unauthorized) forget("The token was not accepted. Please use a new one.");
    else showSignIn(`${failure.message} Check that it is running, then sign in again.`);
  }
}

function forget(problem = "") {
  kept.clear();
  showSignIn(problem);
}

function enter(config, api, first) {
  workspace?.close();
  byId("sign-in").hidden = true;
  byId("workspace").hidden = false;
  workspace = new Workspace({ config, api, first, onUnauthorized: forget });
  clearTimeout(expiry);
  const { exp } = claims(api.token);
  // A longer wait than a timer can hold (24 days) needs none.
  const left = typeof exp === "number" ? exp * 1000 - Date.now() : Infinity;
  if (left < 2 ** 31) expiry = setTimeout(() => forget("Your sign-in has expired. Please use a new token."), left);
}

byId("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? byId("sign-in-form").querySelector("button");
  button.disabled = true;
  byId("sign-in-problem").textContent = "";
  await signIn(byId("token").value.trim());
  button.disabled = false;
});

// A link with a token may be opened in a tab that shows the page already.
addEventListener("hashchange", () => {
  const token = takeTokenFromAddress();
  if (token !== null) signIn(token);
});

const token = takeTokenFromAddress() ?? kept.get();
if (token) signIn(token);
else showSignIn();
