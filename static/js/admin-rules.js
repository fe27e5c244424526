// The rule editor works without this script: buttons ask the server for other fields and for more
// lines. With it the page answers at once, and says the rule in a sentence while it is written.
"use strict";

document.documentElement.classList.add("e-has-script");

const showKinds = (root) => {
  for (const holder of root.querySelectorAll("[data-kinds]")) {
    const chooser = holder.querySelector("[data-chooses]");
    if (!chooser) continue;
    for (const block of holder.querySelectorAll(":scope > [data-kind]")) {
      block.hidden = block.dataset.kind !== chooser.value;
    }
  }
  const effect = document.getElementById("id_effect-kind");
  for (const part of document.querySelectorAll("[data-shown-for]")) {
    part.hidden = !effect || effect.value !== part.dataset.shownFor;
  }
};

const showModes = () => {
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const mode = rows.previousElementSibling;
    if (mode && mode.hasAttribute("data-needs-two")) {
      mode.hidden = rows.querySelectorAll(":scope > [data-row]").length < 2;
    }
  }
};

const addRow = (button) => {
  const rows = button.closest("[data-rows]");
  const total = rows.querySelector(":scope > [data-total]");
  const blank = rows.querySelector(":scope > [data-blank]");
  const holder = document.createElement("div");
  holder.innerHTML = blank.innerHTML.replaceAll("__n__", total.value);
  const row = holder.firstElementChild;
  rows.insertBefore(row, blank);
  total.value = String(Number(total.value) + 1);
  showKinds(row);
  showModes();
  const first = row.querySelector("select, input:not([type=hidden])");
  if (first) first.focus();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=more], button[name=fewer]");
  if (!button) return;
  event.preventDefault();
  if (button.name === "more") {
    addRow(button);
    return;
  }
  const rows = button.closest("[data-rows]");
  button.closest("[data-row]").remove();
  showModes();
  const more = rows.querySelector(":scope > button[name=more]");
  if (more) more.focus();
  say(rows.closest("form"));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-chooses]")) showKinds(event.target.closest("[data-kinds]").parentElement);
  if (event.target.matches("[data-submits]")) event.target.form.submit();
  say(event.target.form);
});

// A second click sends nothing twice; who comes back by the back button may send again.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.addEventListener("input", (event) => {
  for (const example of document.querySelectorAll("[data-example]")) {
    if (example.dataset.example === event.target.id) example.textContent = event.target.value || "…";
  }
});

// What is open stays open, so that a change of the form is seen where one looks.
const show = (here, said) => {
  if (!here || !said || here.innerHTML === said.innerHTML) return;
  const opened = [...here.querySelectorAll("details")].map((each) => each.open);
  here.replaceChildren(...said.childNodes);
  here.querySelectorAll("details").forEach((each, place) => { each.open = opened[place] || false; });
};

// The server says the sentence and tries the rule: the words are the same as everywhere else.
let waiting = 0;
let asked = new AbortController();
function say(form) {
  if (!form || !form.dataset.look) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const data = new FormData(form);
    data.append("look", "1");
    // Only the last change matters: what was asked before it is not waited for.
    asked.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, signal: asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of form.dataset.look.split(" ")) show(document.getElementById(id), page.getElementById(id));
    } catch {
      // Offline, or asked anew: the sentence is said again with the next change.
    }
  }, 300);
}

// The picker of a partner tells its changes to its own library only.
if (window.django && window.django.jQuery) {
  window.django.jQuery(document).on("select2:select", (event) => say(event.target.form));
}

showKinds(document);
showModes();
say(document.querySelector("form[data-look]"));
const open = document.querySelector(".e-tabs [aria-current]");
if (open) open.scrollIntoView({ block: "nearest", inline: "center" });
