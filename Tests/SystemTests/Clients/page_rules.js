// The body of an async function, run inside the page by page_test.py: the page's pure rules.
const { newTurn, received, storedTurns, isGatewayError } = await import("/app/turn.js");
const { pause } = await import("/app/connection.js");
const { tokenProblem, claims } = await import("/app/session.js");
const { japaneseRanges } = await import("/app/language.js");
const problems = [];
const expect = (condition, what) => { if (!condition) problems.push(what); };

const sent = { ...newTurn("m-1", "Hello?"), state: "sent" };
const through = (frames, turn = sent) => frames.reduce(received, turn);
const chunk = (index, content) => ({ type: "chunk", id: "m-1", index, content });
const complete = { type: "complete", id: "m-1", conversationId: "c-1", messageId: "a-1", sources: [{ source: "s" }], usage: {} };

const plain = through([{ type: "start", id: "m-1" }, chunk(0, "a"), chunk(1, "b"), complete]);
expect(plain.state === "complete" && plain.answer === "ab", "chunks in order");
expect(plain.conversationId === "c-1" && plain.sources.length === 1, "facts of the end");
expect(through([chunk(0, "a"), chunk(0, "a"), chunk(1, "b"), chunk(0, "a")]).answer === "ab", "a chunk counts once");
expect(through([chunk(2, "c"), chunk(1, "b"), chunk(0, "a")]).answer === "abc", "chunks out of order");
expect(through([chunk(0, "a"), chunk(2, "c"), complete]).hasGap, "a lost chunk is noticed");
expect(!through([chunk(0, "a"), chunk(2, "c"), { ...complete, content: "abc" }]).hasGap, "the whole text heals a lost chunk");
expect(through([chunk(-1, "x"), chunk(0.5, "x"), chunk("0", "x"), chunk(0, 7), { type: "chunk", id: "m-1" }]).answer === "", "malformed chunks");
expect(through([{ ...chunk(0, "x"), id: "m-2" }]) === sent, "frames of another turn");
expect(through([{ type: "error", id: "m-2", code: "bad_frame" }]) === sent, "errors of another turn");
expect(through([chunk(0, "a"), complete, chunk(1, "b")]).answer === "a", "nothing follows the end");
expect(through([{ type: "new-kind", id: "m-1" }]) === sent, "unknown frames are ignored");

const gateway = { message: "Internal server error", connectionId: "abc=", requestId: "r" };
expect(isGatewayError(gateway) && !isGatewayError(complete), "the gateway's own error is recognised");
expect(through([chunk(0, "a"), gateway]).state === "failed", "the gateway's own error fails the turn");
const busy = through([{ type: "error", id: "m-1", code: "too_many_requests", message: "Wait.", retryAfter: 3 }]);
expect(busy.state === "failed" && busy.problem.retryAfter === 3, "an error with patience");
expect(through([{ type: "error", code: "bad_frame", message: "What?" }]).state === "failed", "an error without an id");

const asked = { id: "c1", expiresAt: "2999-01-01T00:00:00.000Z", calls: [{ name: "n", summary: "Do it", arguments: "{}" }] };
const waiting = through([chunk(0, "a"), { type: "tool", id: "m-1", name: "n", status: "waiting" }, { ...complete, confirmation: asked }]);
expect(waiting.confirmation.summaries[0] === "Do it" && waiting.confirmation.until > Date.now(), "what is to be confirmed");
expect(waiting.steps[0].state === "waiting", "a step that waits");
expect(through([chunk(0, "a"), { ...complete, confirmation: { id: 7 } }]).confirmation === null, "a malformed confirmation");
const kept = [["q1", asked], ["q2", null], ["q3", asked]].flatMap(([content, confirmation]) => [
  { role: "user", content }, { role: "assistant", content: "a", confirmation },
]);
const [early, , last] = storedTurns(kept);
expect(early.confirmation.isAnswered && !last.confirmation.isAnswered, "only the last turn still asks");

const tool = { type: "tool", id: "m-1", name: "search_words", arguments: { query: "猫" } };
const steps = through([{ ...tool, status: "started" }, { ...tool, status: "done" }]).steps;
expect(steps.length === 1 && steps[0].state === "done", "a tool's two frames are one step");
const late = through([{ ...tool, status: "done" }, { ...tool, status: "started" }]).steps;
expect(late[0].state === "done", "a late frame does not undo a step");
expect(through([tool, complete]).steps[0].state === "done", "the end ends all steps");
expect(through([chunk(0, "a"), { ...complete, finishReason: "stopped" }]).state === "stopped", "the server says that it was stopped");
expect(through([chunk(0, "a"), { ...complete, finishReason: "length" }]).note.startsWith("Cut"), "a cut answer says so");
expect(received({ ...sent, state: "stopping" }, complete).state === "stopped", "a stopped turn stays stopped");

const stored = storedTurns([
  { role: "user", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c" },
  { role: "user", content: "d" }, { role: "assistant", content: "e" }, { role: "assistant", content: "f" },
]);
expect(stored.map(({ question, answer }) => question + answer).join() === "ab,c,de,f", "stored messages become turns");
expect(stored[1].state === "failed", "an unanswered question can be asked again");

expect(pause(0, 0) === 250 && pause(0, 1) === 500 && pause(99, 1) === 30_000, "pauses between attempts");
const part = (value) => btoa(unescape(encodeURIComponent(JSON.stringify(value)))).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
const token = (exp) => `${part({ alg: "HS256" })}.${part({ sub: "美香", exp })}.c2ln`;
expect(claims(token(1)).sub === "美香", "a name in any script");
expect(tokenProblem(token(1)) !== null && tokenProblem(token(9e9)) === null, "expired tokens are refused at once");
expect(tokenProblem("two words") !== null && tokenProblem("") !== null, "what cannot be a token is refused");
expect(JSON.stringify(claims("x")) === "{}" && JSON.stringify(claims("a.%%.c")) === "{}", "broken tokens claim nothing");

expect(JSON.stringify(japaneseRanges("see 食べる now")) === "[[4,7]]", "Japanese inside English");
expect(japaneseRanges("漢字").length === 0 && japaneseRanges("漢字", true).length === 1, "Han alone needs a hint");
return problems;
