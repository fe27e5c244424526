// Makes the portal smoother. Every page works without it.
"use strict";

document.documentElement.classList.add("js");

// A form goes off once: the button says that it is working, a second press does nothing.
// The server would answer a repeated request with the first result; this only spares the wait.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});

// Coming back with the browser's button finds the form ready again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-shut], [data-print], [data-copy]");
  if (!button) return;
  if ("shut" in button.dataset) button.closest(".banner").remove();
  if ("print" in button.dataset) window.print();
  if ("copy" in button.dataset) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.setAttribute("aria-pressed", "true");
  }
});

// A list that only changes what is shown need not wait for its button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-auto]")) event.target.form.requestSubmit();
});
