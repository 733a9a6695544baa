// The console in a real browser: whoever is signed in sees every page of theirs as it should look; photos, notices and
// complaints are decided by keyboard alone; a seller is removed, and statements are paged through; a figure is published and
// regenerated, a hold placed, an event proved. Called by run.sh.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

import { asked, started } from "./demo.mjs";
import { looked, watched } from "./looks.mjs";
import { photo } from "./photo.mjs";

const TEXT = "Looks as new, and the battery lasts a day. One scratch on the back that the description did not mention.";
const ROLES = ["moderator", "compliance", "auditor", "operator"];

const { marktboek, screenshots } = parseArgs({
  options: { marktboek: { type: "string" }, screenshots: { type: "string" } },
}).values;
mkdirSync(screenshots, { recursive: true });

/// Has the demo's buyer review some orders, with photos, so that there is something to decide.
async function photosSent(demo, wanted) {
  const { viewer } = await asked(demo, "buyer", "{ viewer { orders(first: 50) { nodes { id } } } }");
  let sent = 0;
  for (const { id: orderId } of viewer.orders.nodes) {
    const input = { orderId, score: 4, text: TEXT, language: "en", licence: { termsVersion: "2026-01", author: true } };
    const review = "mutation R($input: SubmitReviewInput!) { submitReview(input: $input) { review { id } userErrors { code } } }";
    const { submitReview } = await asked(demo, "buyer", review, { input });
    // An order that was cancelled, or that has its review, has none to give.
    if (submitReview.userErrors.length > 0) continue;
    const answer = await fetch(`${demo.origin}/photos?reviewId=${encodeURIComponent(submitReview.review.id)}`, {
      method: "POST",
      headers: { authorization: `Bearer ${demo.tokens.buyer}` },
      body: photo(40 * (sent + 1)),
    });
    assert.ok(answer.ok, await answer.text());
    if (++sent === wanted) return;
  }
  throw new Error(`${sent} reviews with photos were taken, and ${wanted} are wanted`);
}

async function signedIn(page, demo, role) {
  await page.goto(`${demo.origin}/console`);
  await page.getByLabel("Token").fill(demo.tokens[role]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
}

const waiting = async (demo) =>
  (await asked(demo, "moderator", "{ photoModerationQueue(first: 50) { nodes { reviewId } } }")).photoModerationQueue.nodes.length;

async function photosByKeyboard(page, demo) {
  const before = await waiting(demo);
  assert.ok(before >= 3, `${before} reviews with photos wait`);
  await page.goto(`${demo.origin}/console/photos`);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-labelledby"));
  const cards = page.locator("[data-card]");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  for (const [key, card] of [["j", "card-1"], ["j", "card-2"], ["k", "card-1"]]) {
    await page.keyboard.press(key);
    assert.equal(await focused(), card, `after ${key}`);
  }
  await page.keyboard.press("a");
  await page.getByText("The photos were approved").first().waitFor();
  assert.equal(await cards.count(), before - 1);
  await focusComesTo(page, "card-1");

  // A refusal without facts is refused itself, with words beside the field.
  await page.keyboard.press("r");
  await page.keyboard.press("Space");
  for (let left = 40; left > 0; left--) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.textContent === "Refuse these photos")) break;
  }
  await page.keyboard.press("Enter");
  await page.getByRole("alert").first().waitFor();
  await looked(page, "photos-refused", screenshots, problems);
  assert.ok(await page.locator("textarea[aria-invalid]").evaluate((field) => field === document.activeElement));
  await page.keyboard.type("The photo shows a screen with jargon, not the product.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("The photos were refused").first().waitFor();
  assert.equal(await waiting(demo), before - 2);

  // The off switch.
  await page.getByRole("checkbox", { name: "Keyboard shortcuts" }).uncheck();
  await page.locator("h1").click();
  await page.keyboard.press("?");
  assert.equal(await page.getByRole("dialog").count(), 0, "shortcuts are off");
  await page.getByRole("checkbox", { name: "Keyboard shortcuts" }).check();
}

/// Waits until the focus is on this card, where it goes by itself a moment after htmx has changed the page.
const focusComesTo = (page, card) =>
  page.waitForFunction((wanted) => document.activeElement.getAttribute("aria-labelledby") === wanted, card);
const focusedText = (page) => page.evaluate(() => document.activeElement.textContent.trim());

/// Goes on with Tab to what says this.
async function tabbedTo(page, text) {
  for (let left = 60; left > 0; left--) {
    if ((await focusedText(page)) === text) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to “${text}”`);
}

async function noticesByKeyboard(page, demo) {
  await page.goto(`${demo.origin}/console/notices`);
  const cards = page.locator("[data-card]");
  const before = await cards.count();
  assert.ok(before >= 3, `${before} notices wait`);
  await page.getByText("Trusted flagger", { exact: true }).waitFor();

  // What restricts nothing needs a word why, and says so beside the field.
  await page.keyboard.press("j");
  await page.keyboard.press("n");
  await tabbedTo(page, "Restrict nothing");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").first().waitFor();
  await looked(page, "notice-refused", screenshots, problems);
  assert.ok(await page.locator("textarea[aria-invalid]").evaluate((field) => field === document.activeElement));
  await page.keyboard.type("The battery is the maker's own, as its number shows.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing was restricted").first().waitFor();
  assert.equal(await cards.count(), before - 1);
  await focusComesTo(page, "card-1");

  // A restriction, by the terms.
  await page.keyboard.press("r");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await looked(page, "notice-restriction", screenshots, problems);
  for (let left = 40; left > 0 && !(await page.evaluate(() => document.activeElement.matches("textarea"))); left--) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("The offer advertises another shop.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("It is restricted").first().waitFor();
  assert.equal(await cards.count(), before - 2);
}

async function complaintsByKeyboard(page, demo) {
  await page.goto(`${demo.origin}/console/complaints`);
  const cards = page.locator("[data-card]");
  const before = await cards.count();
  const colleagues = page.getByText("so that a colleague decides this complaint");
  assert.equal(await colleagues.count(), 1, "one is about the demo's own decision");
  const mayDecide = () => page.evaluate(() => document.activeElement.matches("[data-card]:has([data-shortcut='d'])"));
  while (!(await mayDecide())) await page.keyboard.press("j");
  await page.keyboard.press("d");
  await page.keyboard.press("Space");
  await looked(page, "complaint-decision", screenshots, problems);
  await page.keyboard.press("Tab");
  await page.keyboard.type("The first decision was right in every part.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("The complaint was decided").first().waitFor();
  assert.equal(await cards.count(), before - 1);
  await focusComesTo(page, "card-1");
  await page.getByRole("link", { name: "Decided" }).click();
  await page.getByText("The first decision was right in every part.").waitFor();
  await looked(page, "complaints-decided", screenshots, problems);
}

async function caseOfNotice(page, demo) {
  await page.goto(`${demo.origin}/console/notices`);
  await page.getByRole("link", { name: "The whole case of" }).first().click();
  await page.getByRole("heading", { name: "What was said and found, oldest first" }).waitFor();
  await looked(page, "case", screenshots, problems);
}

async function sellerRemoved(page, demo) {
  await page.goto(`${demo.origin}/console/sellers`);
  const shop = page.getByRole("row").filter({ hasText: "Verified" }).last().getByRole("link");
  const name = await shop.textContent();
  await page.getByLabel("Part of the shop's name").fill(name.toUpperCase());
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
  await looked(page, "seller", screenshots, problems);
  await page.getByRole("link", { name: "Remove this seller…" }).click();
  await page.getByRole("button", { name: "See what will happen" }).click();
  await page.getByRole("alert").first().waitFor();
  await looked(page, "seller-removal-refused", screenshots, problems);
  await page.getByLabel("Breach of the terms of sale").check();
  await page.getByLabel("The facts").fill("Sold devices that were not its own, as three buyers proved.");
  await page.getByRole("button", { name: "See what will happen" }).click();
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
  await looked(page, "seller-confirmation", screenshots, problems);
  await page.getByRole("button", { name: /Remove the seller and \d+ listings?/ }).click();
  await page.getByText("The seller was removed and is told why").waitFor();
  const wanted = page.getByText("Sold devices that were not its own").first();
  // The statement is written after the removal, by the platform.
  for (let left = 50; left > 0 && !(await wanted.isVisible()); left--) await page.reload();
  await wanted.waitFor();
  await looked(page, "seller-removed", screenshots, problems);
}

async function statementsPaged(page, demo) {
  await page.goto(`${demo.origin}/console/statements`);
  const first = page.locator("tbody tr").first();
  const newest = await first.getByRole("link").getAttribute("href");
  const pages = [newest];
  for (;;) {
    const older = page.getByRole("link", { name: "Older statements" });
    if ((await older.count()) === 0) break;
    await older.click();
    pages.push(await first.getByRole("link").getAttribute("href"));
  }
  assert.ok(pages.length > 1 && new Set(pages).size === pages.length, `${pages.length} pages`);
  await page.getByRole("link", { name: "Newest statements" }).click();
  assert.equal(await first.getByRole("link").getAttribute("href"), newest);
  await first.getByRole("link").click();
  await page.getByRole("heading", { name: "In the Transparency Database" }).waitFor();
  await looked(page, "statement", screenshots, problems);
}

async function withoutScripts(browser, demo) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await watched(context, demo.origin, problems);
  await signedIn(page, demo, "moderator");
  await page.getByRole("link", { name: "Photos", exact: true }).click();
  const before = await waiting(demo);
  await page.getByRole("button", { name: "Approve" }).first().click();
  await page.getByText("The photos were approved").waitFor();
  assert.equal(await waiting(demo), before - 1);
  await page.getByRole("link", { name: "Notices", exact: true }).click();
  const notices = page.locator("[data-card]");
  const sent = await notices.count();
  await page.getByText("No action…").first().click();
  await page.getByLabel("Why nothing is restricted").first().fill("It breaks none of the criteria.");
  await page.getByRole("button", { name: "Restrict nothing" }).first().click();
  await page.getByText("Nothing was restricted;").waitFor();
  assert.equal(await notices.count(), sent - 1);
  await context.close();
}

const agrees = (page) => page.getByText("Regenerated the same").first().waitFor();

async function figurePublished(page, demo) {
  await page.goto(`${demo.origin}/console/active-recipients`);
  await page.getByRole("img", { name: /Active recipients in the Union by month/ }).waitFor();
  await page.getByRole("link", { name: "The scale of the threshold" }).click();
  await page.getByText("Threshold of a very large platform: 45,000,000").waitFor();
  await looked(page, "active-recipients-beside-the-threshold", screenshots, problems);
  await page.getByRole("button", { name: "Regenerate from the book" }).click();
  await agrees(page);
  await page.goBack();
  await page.getByRole("radio", { name: "Only that it is below the threshold" }).check();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("The figure is published.").first().waitFor();
  await page.getByText("Agrees with what is computed now.").waitFor();
  await looked(page, "active-recipients-published", screenshots, problems);
  await page.getByRole("button", { name: "Regenerate as published" }).click();
  await agrees(page);
  await looked(page, "regenerated", screenshots, problems);
  await page.getByRole("link", { name: /^Back to/ }).click();
  await page.getByRole("link", { name: "Text for the website" }).click();
  await page.getByRole("link", { name: "Français" }).click();
  const text = page.getByRole("region", { name: "Text for the website" });
  assert.equal(await text.getAttribute("lang"), "fr");
  assert.match(await text.textContent(), /destinataires/);
  await looked(page, "publication-in-french", screenshots, problems);
}

async function downloaded(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return readFileSync(await download.path(), "utf8");
}

async function retentionExported(page, demo) {
  await page.goto(`${demo.origin}/console/retention?before=2999-01-01`);
  await looked(page, "retention-far-ahead", screenshots, problems);
  const rows = await page.getByRole("region", { name: /^Due before/ }).getByRole("row").count();
  const lines = (await downloaded(page, "Export as CSV")).trimEnd().split("\r\n");
  assert.ok(lines.length >= rows && rows > 1, `${lines.length} lines for ${rows} rows`);
  await page.getByRole("button", { name: "Place the hold" }).click();
  await page.getByRole("alert").first().waitFor();
  await looked(page, "hold-refused", screenshots, problems);
  await page.getByLabel("Authority", { exact: true }).fill("Parquet de Paris");
  await page.getByLabel("Of which Member State").selectOption("FR");
  await page.getByLabel(/^Legal basis/).fill("Reg. (EU) 2023/1543 art. 11");
  await page.getByLabel(/^Reviews that are kept/).fill(lines[1].split(",")[0]);
  await page.getByRole("button", { name: "Place the hold" }).click();
  await page.getByText("The hold is in force").first().waitFor();
  await page.goto(`${demo.origin}/console/retention?before=2999-01-01`);
  await page.getByText("Parquet de Paris (FR), Reg. (EU) 2023/1543 art. 11").first().waitFor();
  await looked(page, "retention-held", screenshots, problems);
}

async function eventProved(page, demo) {
  await page.goto(`${demo.origin}/console/events`);
  await page.getByRole("searchbox").fill("51");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByText("Proved: this event is in the book").waitFor();
  await page.getByText(/hashes that lead to the root/).click();
  await looked(page, "event", screenshots, problems);
  assert.equal(JSON.parse(await downloaded(page, "Download the proof")).position, 51);
  await page.getByRole("link", { name: "Its stream from here" }).click();
  await page.getByText("SellerRegistered").waitFor();
}

/// What whoever is signed in does besides looking.
const CHECKS = {
  moderator: [photosByKeyboard, caseOfNotice, noticesByKeyboard, complaintsByKeyboard],
  compliance: [figurePublished, retentionExported, sellerRemoved],
  auditor: [statementsPaged, eventProved],
};

const problems = [];
const demo = await started(marktboek);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await photosSent(demo, 3);
  for (const role of ROLES) {
    const context = await browser.newContext();
    const page = await watched(context, demo.origin, problems);
    if (role === ROLES[0]) {
      await page.goto(`${demo.origin}/console`);
      await looked(page, "sign-in", screenshots, problems);
    }
    await signedIn(page, demo, role);
    const links = await page.locator("nav[aria-label='Console'] a").all();
    const pages = await Promise.all(links.map(async (link) => [await link.textContent(), await link.getAttribute("href")]));
    for (const [title, path] of pages) {
      await page.goto(`${demo.origin}${path}`);
      await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
      await looked(page, `${role}-${title.toLowerCase().replaceAll(" ", "-")}`, screenshots, problems);
    }
    for (const check of CHECKS[role] ?? []) await check(page, demo);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await context.close();
    console.log(`${role}: ${pages.map(([title]) => title).join(", ")}`);
  }
  await withoutScripts(browser, demo);
} finally {
  await browser.close();
  await demo.stop();
}
if (problems.length > 0) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
console.log(`every page is as it should be; screenshots are in ${screenshots}`);
