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

// ─── share bonuses ───
// The table follows what is typed. The server splits again by the same rule and has the last word:
// largest remainder, in whole numbers, the first of equals gets what is left.
const shareForm = document.querySelector("form[data-share]");

function readWhole(text, of) {
  const plain = text.replace(/[\s'\u00a0\u2009\u202f]/g, "");
  const percent = of === undefined ? null : plain.match(/^([0-9]{1,3})%$/);
  if (percent) return (of * BigInt(Math.min(Number(percent[1]), 100))) / 100n;
  if (/^[0-9]{1,3}([.,][0-9]{3})+$/.test(plain)) return BigInt(plain.replace(/[.,]/g, ""));
  if (plain === "") return 0n;
  return /^[0-9]{1,13}$/.test(plain) ? BigInt(plain) : null;
}

function mark(field, isWrong) {
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

function readWeight(text) {
  const match = text.trim().replace(",", ".").match(/^([0-9]{1,4})(?:\.([0-9]{1,3}))?$/);
  return match ? BigInt(match[1]) * 1000n + BigInt((match[2] ?? "").padEnd(3, "0")) : 0n;
}

function divide(amount, weights) {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (amount * weight) / whole);
  const remainders = weights.map((weight, place) => [(amount * weight) % whole, place]);
  remainders.sort(([one, first], [other, second]) => (one === other ? first - second : one < other ? 1 : -1));
  const left = Number(amount - parts.reduce((sum, part) => sum + part, 0n));
  for (const [, place] of remainders.slice(0, left)) parts[place] += 1n;
  return parts;
}

function followShare(form) {
  const write = new Intl.NumberFormat(document.documentElement.lang || "en").format;
  const sign = (number) => (number > 0n ? `+${write(number)}` : write(number).replace("-", "−"));
  const available = BigInt(form.dataset.available);
  const amountField = form.querySelector("[data-amount]");
  const rows = [...form.querySelectorAll("[data-row]")].map((row) => ({
    row,
    include: row.querySelector("[data-include]"),
    weight: row.querySelector("[data-weight]"),
    part: row.querySelector("[data-part]"),
    proposed: row.querySelector("[data-proposed]"),
    delta: row.querySelector("[data-delta]"),
  }));
  const show = (name, text) => {
    for (const place of form.querySelectorAll(`[data-shown="${name}"]`)) place.textContent = text;
  };

  function follow({ splits }) {
    const typed = readWhole(amountField.value, available);
    const amount = typed ?? 0n;
    mark(amountField, typed === null || amount > available);
    const method = form.querySelector("[data-method]:checked")?.value;
    const byHand = method === "by_hand";
    const weights = rows.map(({ include, weight }) =>
      include.checked ? (method === "weights" ? readWeight(weight.value) : 1n) : 0n);
    const proposals = divide(amount, weights);
    let [sum, suggested] = [0n, 0n];
    rows.forEach(({ row, include, part, proposed, delta }, place) => {
      if (splits && !byHand) part.value = String(proposals[place]);
      const given = include.checked ? readWhole(part.value) : 0n;
      mark(part, given === null);
      row.classList.toggle("off", !include.checked);
      sum += given ?? 0n;
      const suggestion = byHand ? (given ?? 0n) : proposals[place];
      suggested += suggestion;
      proposed.textContent = write(suggestion);
      delta.textContent = (given ?? 0n) === suggestion ? "" : sign((given ?? 0n) - suggestion);
    });
    const gap = amount - sum;
    show("amount", write(amount));
    show("kept", write(available > amount ? available - amount : 0n));
    show("proposed", write(suggested));
    show("sum", write(sum));
    show("missing", gap === 0n ? "" : sign(-gap));
    show("gap", write(gap < 0n ? -gap : gap));
    const percent = available > 0n ? Number((amount * 100n) / available) : 0;
    form.querySelector("[data-pool-bar]").setAttribute("width", `${Math.min(percent, 100)}%`);
    const state = form.querySelector("[data-state]");
    const sums = gap === 0n ? "exact" : gap > 0n ? "short" : "over";
    const cannot = typed === null ? "unread" : amount > available ? "beyond" : "";
    const when = cannot || (amount === 0n && sum === 0n ? "empty" : sums);
    state.classList.toggle("ok", when === "exact");
    state.classList.toggle("bad", when !== "exact");
    for (const words of state.querySelectorAll("[data-when]")) {
      words.toggleAttribute("hidden", words.dataset.when !== when);
    }
  }

  form.addEventListener("input", ({ target }) => {
    if (target.matches("[data-part]")) follow({ splits: false });
    else if (target.matches("[data-amount], [data-weight], [data-include], [data-method]")) follow({ splits: true });
  });
  form.addEventListener("submit", (event) => {
    const { name, value } = event.submitter ?? {};
    if (name === "percent") amountField.value = String((available * BigInt(value)) / 100n);
    if (name === "percent" || (name === "step" && value === "split")) {
      event.preventDefault();
      event.stopPropagation();
      follow({ splits: true });
    }
  });
}

if (shareForm?.dataset.decimals === "0" && shareForm.querySelector("[data-amount]")) followShare(shareForm);
