// What must hold of every page, in light and dark, wide and narrow: no violation that axe-core finds, nothing to scroll
// sideways, nothing from elsewhere, nothing that the browser complains about.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [1280, 320];
const SCHEMES = ["light", "dark"];

/// A page of a context, and what it may not do. What it did is in the list that is given.
export async function watched(context, origin, problems) {
  const page = await context.newPage();
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`a request to ${request.url()}`);
  });
  page.on("console", (message) => {
    // A status that a check asks for on purpose is told to the console too.
    const refused = /the server responded with a status of 4(01|03|22)/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !refused) problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.stack}`));
  return page;
}

/// Looks at the page that is open in every way; `state` names the screenshots.
export async function looked(page, state, screenshots, problems) {
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      const where = `${state}, ${scheme}, ${width} px`;
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 0) problems.push(`${where}: ${sideways} px to scroll sideways`);
      // By the debugger's own way in, which no policy of a page is for.
      await page.evaluate(AXE);
      const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
      for (const { id, help, nodes } of found.violations) {
        problems.push(`${where}: ${id}: ${help}: ${nodes.map((node) => `${node.target}: ${node.failureSummary}`).join("; ")}`);
      }
      await page.screenshot({ path: `${screenshots}/${state}-${scheme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1280, height: 900 });
}
