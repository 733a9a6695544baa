// The console in a real browser: whoever is signed in sees every page of theirs as it should look; photos are decided by
// keyboard alone; a figure is published and regenerated, a hold placed, an event proved. Called by run.sh.

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
  assert.equal(await focused(), "card-1", "the focus goes to the next photos");

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

async function withoutScripts(browser, demo) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await watched(context, demo.origin, problems);
  await signedIn(page, demo, "moderator");
  await page.getByRole("link", { name: "Photos", exact: true }).click();
  const before = await waiting(demo);
  await page.getByRole("button", { name: "Approve" }).first().click();
  await page.getByText("The photos were approved").waitFor();
  assert.equal(await waiting(demo), before - 1);
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
    if (role === "moderator") await photosByKeyboard(page, demo);
    if (role === "compliance") await figurePublished(page, demo);
    if (role === "compliance") await retentionExported(page, demo);
    if (role === "auditor") await eventProved(page, demo);
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
