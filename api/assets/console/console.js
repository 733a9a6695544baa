// What htmx has put into a page is told to whoever does not see it, once, and the focus goes to where the work goes on. What
// a page asks for by itself in time, as how far something has come, leaves the focus where it is.
"use strict";

document.addEventListener("htmx:afterSettle", (event) => {
  const main = document.getElementById("main");
  if (event.detail.target.id === "main") {
    const wrong = main.querySelector("[aria-invalid='true'], fieldset[aria-describedby] input");
    const next = wrong ?? main.querySelector("[data-card]") ?? main;
    next.focus();
  }
  const told = main.querySelector("[data-announce]")?.textContent ?? "";
  const announced = document.getElementById("announced");
  if (announced.textContent !== told) announced.textContent = told;
});
