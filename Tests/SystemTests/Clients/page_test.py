#!/usr/bin/env python3
"""Drives the chat page in a headless Chromium, against a running backend.

    page_test.py BASE_URL TOKEN [--question TEXT] [--expect TEXT] [--pictures FOLDER] [--only NAME]

Prints a line for each promise of the page; exits with 1 when one is broken.
Needs Debian's chromium and fonts-noto-cjk, and websockets from PyPI.
"""
import argparse
import asyncio
import json
import pathlib
import sys
import traceback

from browser import Failure, browser

HERE = pathlib.Path(__file__).parent
CONNECTED = "document.getElementById('connection')?.dataset.state === 'open'"
LAST = "[...document.querySelectorAll('.turn')].at(-1)"
# Violations of the content policy are counted from the first script on.
WATCH = """addEventListener('securitypolicyviolation', (event) => {
  (globalThis.violations ??= []).push(event.violatedDirective + ' ' + event.blockedURI);
});"""


def expect(condition, what):
    if not condition:
        raise Failure(what)


async def sign_in(page, arguments):
    await page.open(f"{arguments.base}/#token={arguments.token}")
    await page.until(CONNECTED, "the connection opens")


async def ask(page, question):
    """Asks by keyboard and waits for the end of the turn."""
    before = await page.evaluate("document.querySelectorAll('.turn').length")
    await page.evaluate("document.getElementById('message').focus()")
    await page.type(question)
    await page.press("Enter")
    await page.until(f"document.querySelectorAll('.turn').length === {before + 1}", "the question appears")
    await page.until(f"['complete', 'stopped', 'failed'].includes({LAST}.dataset.state)", "the turn ends", 40)


async def signs_in_by_fragment(page, arguments):
    await sign_in(page, arguments)
    expect("token" not in await page.evaluate("location.href"), "the token is still in the address")
    kept = await page.evaluate("sessionStorage.getItem('martlet.token')")
    expect(kept == arguments.token, "the token is not kept for a reload")
    await page.call("Page.reload")
    await page.until(CONNECTED, "the connection opens after a reload")


async def refuses_a_bad_token(page, arguments):
    await page.open(f"{arguments.base}/#token=bad.token.value")
    await page.until("!document.getElementById('sign-in').hidden", "the sign-in view appears")
    await page.until("document.getElementById('sign-in-problem').textContent.length > 10", "the reason is told")
    expect(await page.evaluate("document.activeElement.id") == "token", "the token field has no focus")
    page.errors[:] = [error for error in page.errors if "401" not in error]  # Chromium logs refused requests
    await page.type(arguments.token)
    await page.press("Enter")
    await page.until(CONNECTED, "a typed token signs in")


async def answers_a_question(page, arguments):
    await sign_in(page, arguments)
    page.frames.clear()
    await ask(page, arguments.question)
    state = await page.evaluate(f"{LAST}.dataset.state")
    answer = await page.evaluate(f"{LAST}.querySelector('.markdown').textContent")
    expect(state == "complete", f"the turn ended as {state}: " + await page.evaluate(f"{LAST}.textContent"))
    expect(arguments.expect in answer, f"the answer does not say '{arguments.expect}': {answer}")
    chunks = [frame for frame in page.frames if frame.get("type") == "chunk"]
    expect(len(chunks) > 1, f"the answer came in {len(chunks)} chunk(s)")
    expect([chunk["index"] for chunk in chunks] == list(range(len(chunks))), "chunks are not numbered from 0")
    names = await page.evaluate(f"[...{LAST}.querySelectorAll('.source')].map((source) => source.textContent)")
    expect(len(names) > 0, "the answer names no source")
    expect("conversation=" in await page.evaluate("location.hash"), "the conversation is not in the address")
    expect(await page.evaluate("document.querySelectorAll('.conversation').length") > 0, "it is not in the list")
    end = "(() => { const it = document.getElementById('scroller'); return it.scrollHeight - it.scrollTop - it.clientHeight; })()"
    await page.until(f"{end} < 48", "the page follows the answer to its end")
    spoken = "document.getElementById('announcer').textContent"
    await page.until(f"{spoken}.startsWith('Answer: ')", "the answer is announced")
    return answer, names


async def shows_stored_conversations(page, arguments):
    answer, names = await answers_a_question(page, arguments)
    await page.call("Page.reload")
    await page.until(f"document.querySelectorAll('.turn').length && {LAST}.dataset.state === 'complete'", "the stored turn appears")
    stored = await page.evaluate(f"{LAST}.querySelector('.markdown').textContent")
    expect(stored == answer, f"the stored answer differs: {stored}")
    again = await page.evaluate(f"[...{LAST}.querySelectorAll('.source')].map((source) => source.textContent)")
    expect(again == names, f"the stored sources differ: {again}")


async def shows_hostile_answers_as_text(page, arguments):
    await sign_in(page, arguments)
    cases = json.loads((HERE / "hostile-answers.json").read_text())["cases"]
    body = (HERE / "hostile_check.js").read_text().replace("CASES", json.dumps(cases))
    problems = await page.run(body)
    expect(not problems, "; ".join(problems))


async def asks_for_a_yes(page, arguments):
    """A tool that writes waits for one of two buttons; they are gone with the answer, and after a reload."""
    buttons = f"{LAST}.querySelectorAll('.decision button')"
    answer = f"{LAST}.querySelector('.markdown').textContent"
    for label, said in [("No", "nothing was changed"), ("Yes", "remembered")]:
        await sign_in(page, arguments)
        await ask(page, "Please remember that my exam is in July")
        expect(await page.evaluate(f"{buttons}.length") == 2, "there are no two buttons")
        names = await page.evaluate(f"[...{buttons}].map((button) => button.getAttribute('aria-label'))")
        expect(all("exam is in July" in name for name in names), f"the buttons do not say what for: {names}")
        await page.call("Page.reload")
        await page.until(f"document.querySelectorAll('.turn').length && {buttons}.length === 2", "the buttons survive a reload")
        await page.until(CONNECTED, "the connection opens")
        await page.evaluate(f"[...{buttons}].find((button) => button.textContent.startsWith({json.dumps(label)})).click()")
        await page.until(f"document.querySelectorAll('.turn').length === 2 && {LAST}.dataset.state === 'complete'", "it is answered", 40)
        expect(said in await page.evaluate(answer), f"the answer to {label}: " + await page.evaluate(answer))
        expect(await page.evaluate("document.querySelectorAll('.decision button').length") == 0, "the buttons stay")


async def reduces_frames(page, arguments):
    await sign_in(page, arguments)
    problems = await page.run((HERE / "page_rules.js").read_text())
    expect(not problems, "; ".join(problems))


async def stops_an_answer(page, arguments):
    await sign_in(page, arguments)
    # Both in one task: the stop goes out before any frame of the answer can come in.
    await page.run("""const box = document.getElementById('message');
      box.value = 'What does 飲む mean?';
      box.dispatchEvent(new Event('input'));
      box.form.requestSubmit();
      document.getElementById('stop').click();""")
    await page.until(f"['complete', 'stopped'].includes({LAST}.dataset.state)", "the stopped turn ends", 10)
    expect(await page.evaluate("!document.getElementById('send').hidden"), "the send button did not come back")
    await ask(page, arguments.question)
    expect(await page.evaluate(f"{LAST}.dataset.state") == "complete", "the turn after a stop fails")


async def reconnects(page, arguments):
    await sign_in(page, arguments)
    await page.evaluate("document.getElementById('message').focus()")
    await page.type("a draft")
    await page.close_sockets()
    await page.until("document.getElementById('connection').dataset.state !== 'open'", "the loss is shown")
    expect(await page.evaluate("document.getElementById('message').value") == "a draft", "the draft is lost")
    await page.until(CONNECTED, "the connection comes back by itself", 10)
    await page.evaluate("document.getElementById('message').select()")
    await ask(page, arguments.question)
    expect(await page.evaluate(f"{LAST}.dataset.state") == "complete", "the turn after a reconnect fails")


async def works_by_keyboard(page, arguments):
    await sign_in(page, arguments)
    expect(await page.evaluate("document.activeElement.id") == "message", "the message box has no focus")
    await ask(page, arguments.question)
    expect(await page.evaluate("document.activeElement.id") == "message", "the focus left the message box")
    seen = []
    for _ in range(60):
        await page.press("Tab", 8)  # shift: backwards
        facts = await page.evaluate("""(() => {
          const it = document.activeElement, style = getComputedStyle(it);
          return {id: it.id, name: it.ariaLabel || it.textContent.trim() || it.labels?.[0]?.textContent || '',
            shown: it === document.body || style.outlineStyle !== 'none' || it.id === 'message'};
        })()""")
        expect(facts["shown"], f"no visible focus on {facts}")
        expect(facts["name"] or facts["id"] in ("", "message"), f"no name on {facts}")
        seen.append(facts["id"] or facts["name"][:20])
        if facts["id"] == "new-conversation":
            break
    expect(seen[-1] == "new-conversation", f"the new conversation cannot be reached: {seen}")
    await page.press("Enter")
    await page.until("document.querySelectorAll('.turn').length === 0", "a new conversation begins")
    expect(await page.evaluate("document.activeElement.id") == "message", "the focus is not in the message box")


async def keeps_an_input_methods_enter(page, arguments):
    await sign_in(page, arguments)
    await page.evaluate("document.getElementById('message').focus()")
    await page.call("Input.imeSetComposition", text="たべる", selectionStart=3, selectionEnd=3)
    await page.run("""document.getElementById('message').dispatchEvent(
      new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}));""")
    expect(await page.evaluate("document.querySelectorAll('.turn').length") == 0, "Enter while composing sent the message")
    await page.type("食べる")
    expect(await page.evaluate("document.getElementById('message').value") == "食べる", "the conversion did not end")


async def manages_conversations(page, arguments):
    await sign_in(page, arguments)
    await ask(page, arguments.question)
    current = "document.querySelector('.conversation[aria-current]')"
    await page.evaluate(f"{current}.focus()")
    await page.press("F2")
    await page.until("document.activeElement.className === 'entry-title'", "F2 opens a box for the title")
    await page.type("A name of its own")
    await page.press("Enter")
    await page.until("document.getElementById('title').textContent === 'A name of its own'", "the title changes")
    await page.call("Page.reload")
    await page.until(f"{current}?.textContent.includes('A name of its own')", "the new title is kept")
    await page.until(CONNECTED, "the connection opens again")
    await page.evaluate("document.getElementById('search').focus()")
    await page.type("name own")
    await page.until("document.querySelectorAll('.conversation').length === 1", "the search finds it")
    await page.press("Escape")
    expect(await page.evaluate("document.getElementById('search').value") == "", "Escape does not clear the search")
    await page.until(f"{current} !== null", "the list comes back")
    id = await page.evaluate(f"{current}.dataset.conversation")
    await page.evaluate(f"{current}.focus()")
    await page.press("Delete")
    await page.until("document.activeElement.textContent === 'Delete'", "deleting asks first")
    await page.press("Escape")
    expect(await page.evaluate(f"document.activeElement.dataset.conversation") == id, "Escape keeps it, and the focus")
    await page.press("Delete")
    await page.press("Enter")
    await page.until(f"!document.querySelector('[data-conversation=\"{id}\"]')", "it leaves the list")
    await page.until("document.querySelectorAll('.turn').length === 0", "the thread is empty")


async def judges_and_asks_again(page, arguments):
    await sign_in(page, arguments)
    await ask(page, arguments.question)
    thumb = f"{LAST}.querySelector('.thumb.up')"
    await page.evaluate(f"{thumb}.click()")
    await page.until(f"{thumb}.getAttribute('aria-pressed') === 'true'", "the thumb is pressed")
    await page.until("document.getElementById('announcer').textContent.includes('kept')", "it is said that it was kept")
    await page.call("Page.reload")
    await page.until(f"{LAST}?.querySelector('.thumb.up')?.getAttribute('aria-pressed') === 'true'", "the thumb is kept")
    await page.until(CONNECTED, "the connection opens again")
    await page.evaluate(f"{LAST}.querySelector('.again').click()")
    await page.until(f"document.querySelectorAll('.turn').length === 1 && {LAST}.dataset.state === 'complete' && "
                     f"{thumb}?.getAttribute('aria-pressed') === 'false'", "another answer takes its place", 40)
    await page.evaluate(f"{LAST}.querySelector('.edit').click()")
    expect(await page.evaluate("document.getElementById('message').value") == arguments.question, "the question is not in the box")
    await page.evaluate("document.getElementById('message').select()")
    await ask(page, "How many strokes does 語 have?")
    await page.call("Page.reload")
    await page.until(f"document.querySelectorAll('.turn').length === 1 && {LAST}.textContent.includes('strokes')", "one branch is shown")


async def knows_the_person(page, arguments):
    await sign_in(page, arguments)
    put = """const send = (path, body) => fetch(path, {method: 'PUT', body: JSON.stringify(body), headers: {
        authorization: 'Bearer ' + sessionStorage.getItem('martlet.token'), 'content-type': 'application/json'}});"""
    statuses = await page.run(put + """
      return [(await send('/api/v1/context/fact/<b>name', {value: 'Ana & co'})).status,
              (await send('/api/v1/context/state/place', {value: 'on a train', expiresIn: 600})).status];""")
    expect(statuses == [200, 200], f"context: {statuses}")
    await ask(page, arguments.question)
    await page.evaluate("document.getElementById('open-person').focus()")
    await page.press("Enter")
    remembered = "document.querySelectorAll('#remembered li')"
    await page.until(f"{remembered}.length >= 2", "what is remembered is shown")
    expect("<b>name Ana & co" in await page.evaluate("document.getElementById('remembered').textContent"), "it is not shown as text")
    await page.until("document.querySelectorAll('#use tr').length === 2", "the use is shown")
    month = await page.evaluate("[...document.querySelectorAll('#use tr:last-child td')].map((cell) => cell.textContent)")
    expect(int(month[0].replace(",", "")) >= 1, f"no question was counted: {month}")
    expect(await page.evaluate("document.getElementById('person').contains(document.activeElement)"), "the focus is outside")
    count = await page.evaluate(f"{remembered}.length")
    await page.evaluate("document.querySelector('#remembered button').focus()")
    await page.press("Enter")
    await page.until(f"{remembered}.length === {count - 1}", "an entry is forgotten")
    await page.evaluate("document.getElementById('forget-all').focus()")
    await page.press("Enter")
    await page.until("document.activeElement.textContent === 'Forget'", "forgetting everything asks first")
    await page.press("Enter")
    await page.until("!document.getElementById('remembered-none').hidden", "everything is forgotten")
    await page.press("Escape")
    await page.until("!document.getElementById('person').open", "Escape closes the dialog")
    expect(await page.evaluate("document.activeElement.id") == "open-person", "the focus does not come back")


async def searches_by_meaning(page, arguments):
    await sign_in(page, arguments)
    await ask(page, arguments.question)
    await page.evaluate("document.getElementById('open-person').click()")
    await page.evaluate("document.getElementById('allow-meaning').focus()")
    await page.press("Space")
    await page.until("!document.getElementById('by-meaning-label').hidden", "the search by meaning is offered")
    await page.press("Escape")
    await page.evaluate("document.getElementById('by-meaning').click()")
    await page.evaluate("document.getElementById('search').focus()")
    await page.type(arguments.question)
    await page.press("Enter")
    await page.until("document.querySelectorAll('.conversation .excerpt').length > 0", "it finds the conversation")
    await page.press("ArrowDown")
    await page.until("document.activeElement.classList.contains('conversation')", "the arrow leads to what was found")
    await page.evaluate("document.getElementById('open-person').click()")
    await page.evaluate("document.getElementById('allow-meaning').click()")
    await page.until("document.getElementById('by-meaning-label').hidden", "it is not offered any more")


async def shows_the_session(page, arguments):
    await sign_in(page, arguments)
    state = "document.getElementById('session')?.dataset.state"
    expect(await page.evaluate("document.getElementById('session').hidden"), "a conversation without questions has a session")
    await ask(page, arguments.question)
    await page.until(f"{state} === 'open'", "the session is open")
    await page.evaluate("document.getElementById('session').focus()")
    await page.press("Enter")
    await page.until("document.querySelector('#session-facts dd')?.textContent === '1'", "its questions are counted")
    await page.evaluate("document.querySelector('#session-actions [data-status=closed]').focus()")
    await page.press("Enter")
    await page.until(f"{state} === 'closed'", "it is closed")
    await page.until("document.activeElement.id === 'session'", "the focus comes back")
    await page.call("Page.reload")
    await page.until(f"{state} === 'closed'", "it is still closed after a reload")
    await page.until(CONNECTED, "the connection opens again")
    await ask(page, arguments.question)
    await page.until(f"{state} === 'open'", "the next question begins another one")


async def fits_a_phone(page, arguments):
    await page.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    await answers_a_question(page, arguments)
    expect(await page.evaluate("document.documentElement.scrollWidth") <= 390, "the page is wider than a phone")
    expect(await page.evaluate("document.getElementById('sidebar').inert"), "the closed drawer can be reached")
    await page.evaluate("document.getElementById('open-sidebar').click()")
    await page.until("getComputedStyle(document.getElementById('sidebar')).visibility === 'visible'", "the drawer opens")
    await page.press("Escape")
    expect(await page.evaluate("document.activeElement.id") == "open-sidebar", "the focus is lost when the drawer closes")


CHECKS = [
    signs_in_by_fragment, refuses_a_bad_token, answers_a_question, shows_stored_conversations,
    shows_hostile_answers_as_text, reduces_frames, asks_for_a_yes, stops_an_answer, reconnects,
    works_by_keyboard, keeps_an_input_methods_enter, manages_conversations, judges_and_asks_again, knows_the_person,
    searches_by_meaning, shows_the_session, fits_a_phone,
]


async def checked(check, arguments):
    """Runs one check in a browser of its own; returns what is wrong, or None."""
    async with browser() as page:
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        try:
            await check(page, arguments)
            violations = await page.evaluate("globalThis.violations ?? []")
            expect(not violations, f"content policy: {violations}")
            expect(not page.errors, f"in the console: {page.errors}")
            return None
        except Failure as failure:
            return str(failure)
        except Exception:
            return traceback.format_exc()
        finally:
            if arguments.pictures:
                await page.picture(pathlib.Path(arguments.pictures) / f"{check.__name__}.png")


async def main(arguments):
    if arguments.pictures:
        pathlib.Path(arguments.pictures).mkdir(parents=True, exist_ok=True)
    broken = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        if arguments.only and arguments.only not in name:
            continue
        problem = await checked(check, arguments)
        print(f"{'FAIL' if problem else 'ok  '} {name}{': ' + problem if problem else ''}", flush=True)
        broken += problem is not None
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=lambda text: text.rstrip("/"))
    parser.add_argument("token")
    parser.add_argument("--question", default="What does 食べる mean?")
    parser.add_argument("--expect", default="to eat")
    parser.add_argument("--pictures", help="a folder for a picture after each check")
    parser.add_argument("--only", help="run only checks whose name contains this")
    sys.exit(asyncio.run(main(parser.parse_args())))
