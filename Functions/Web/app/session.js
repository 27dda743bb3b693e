// The access token: where it comes from, how long it lasts, when it is forgotten.

const place = "martlet.token";

/**
 * Takes a token out of the address (`/#token=…`) and removes it from there at once, so that it is
 * neither shown nor copied nor kept in the history.
 */
export function takeTokenFromAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return null;
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  return token.trim();
}

/** What this tab remembers. Storage may be switched off: then the token lives as long as the page. */
export const kept = {
  get() { try { return sessionStorage.getItem(place); } catch { return null; } },
  set(token) { try { sessionStorage.setItem(place, token); } catch { /* kept by the page alone */ } },
  clear() { try { sessionStorage.removeItem(place); } catch { /* nothing was kept */ } },
};

/**
 * What a token says about itself. Only the server decides whether it is true; the page shows the
 * name and asks for a new token when this one is over.
 */
export function claims(token) {
  try {
    const text = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const said = JSON.parse(new TextDecoder().decode(bytes));
    return said && typeof said === "object" ? said : {};
  } catch {
    return {};
  }
}

/**
 * Why a text cannot be a token, or null. A token travels as a WebSocket subprotocol, which allows
 * only these characters (RFC 7230 §3.2.6 `token`).
 */
export function tokenProblem(token, now = Date.now()) {
  if (!token) return "Enter a token.";
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(token)) return "This is not a token: it has characters that tokens never have.";
  const { exp } = claims(token);
  if (typeof exp === "number" && exp * 1000 <= now) return "This token has expired. Please use a new one.";
  return null;
}
