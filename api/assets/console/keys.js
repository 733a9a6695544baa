// Shortcuts of a queue: each does what a control of the page does, none works while a field has the focus, and all can be
// turned off (WCAG 2.1.4). Whether they are on is kept in this browser.
"use strict";

const KEPT = "marktboek.console.keys";

const areOn = () => localStorage.getItem(KEPT) !== "off";
const cards = () => [...document.querySelectorAll("[data-card]")];
const current = () => document.activeElement?.closest("[data-card]") ?? null;

function move(by) {
  const all = cards();
  const at = all.indexOf(current());
  const to = at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)];
  to?.focus();
}

// What a control of a card says of itself in `data-shortcut`: a button is pressed; a form that is folded away is opened.
function use(control) {
  if (!control.matches("details")) return control.click();
  control.open = true;
  control.querySelector("input:not([type='hidden']), textarea").focus();
}

const SHORTCUTS = {
  j: () => move(1),
  k: () => move(-1),
  "?": () => document.querySelector("[data-keys-dialog]").showModal(),
};

function shortcutOf(key) {
  const controls = [...(current()?.querySelectorAll("[data-shortcut]") ?? [])];
  const control = controls.find((control) => control.dataset.shortcut === key);
  return SHORTCUTS[key] ?? (control && (() => use(control)));
}

function isTyping(element) {
  return element.matches("textarea, select, input:not([type='checkbox'], [type='radio'])") || element.isContentEditable;
}

function show() {
  const keys = document.querySelector("[data-keys]");
  if (keys === null) return;
  keys.hidden = false;
  keys.querySelector("[data-keys-switch]").checked = areOn();
  document.querySelectorAll("[data-key]").forEach((key) => (key.hidden = !areOn()));
}

document.addEventListener("keydown", (event) => {
  if (!areOn() || event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]") !== null || isTyping(event.target)) return;
  const shortcut = shortcutOf(event.key);
  if (shortcut === undefined) return;
  event.preventDefault();
  shortcut();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-switch]")) return;
  localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
  show();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-help]") !== null) SHORTCUTS["?"]();
});

document.addEventListener("htmx:afterSettle", show);
show();
