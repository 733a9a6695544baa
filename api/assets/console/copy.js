// Buttons that copy the text of another element; without scripts there is the text alone, to be selected.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      document.getElementById("announced").textContent = "Copied.";
      button.textContent = "Copied";
    } catch {
      // Where nothing may be put into the clipboard, what is to be copied is selected.
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      document.getElementById("announced").textContent = "Selected; copy it with the keyboard.";
    }
  });
}
