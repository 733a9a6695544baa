// What htmx has put into a page is told to whoever does not see it, and the focus goes to where the work goes on.
"use strict";

document.addEventListener("htmx:afterSettle", () => {
  const main = document.getElementById("main");
  const wrong = main.querySelector("[aria-invalid='true'], fieldset[aria-describedby] input");
  const next = wrong ?? main.querySelector("[data-card]") ?? main;
  next.focus();
  const told = main.querySelector("[data-announce]");
  document.getElementById("announced").textContent = told === null ? "" : told.textContent;
});
