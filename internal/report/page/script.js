"use strict";
// The page is complete without this: it filters, sorts and unfolds.

// A link to what is folded unfolds it, also where the browser does not do that by itself.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

const form = document.getElementById("filter");
const [search, outcome, told] = [form.querySelector("input"), form.querySelector("select"), form.querySelector("output")];
const cells = [...document.querySelectorAll("details.cell")];
form.hidden = false;

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const cell of cells) {
    const where = cell.querySelector("summary").textContent.toLowerCase();
    let here = 0;
    for (const canary of cell.querySelectorAll("[data-o]")) {
      const is = !outcome.value || canary.dataset.o === outcome.value;
      const text = words.length ? where + canary.textContent.toLowerCase() : "";
      canary.hidden = !(is && words.every((w) => text.includes(w)));
      if (!canary.hidden) here++;
    }
    cell.hidden = here === 0;
    cell.open = here > 0 && (words.length > 0 || outcome.value !== "");
    shown += here;
  }
  told.value = shown.toLocaleString("en") + (shown === 1 ? " canary" : " canaries");
}
let waiting;
search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
outcome.addEventListener("change", filter);
form.addEventListener("submit", (e) => e.preventDefault());
for (const button of form.querySelectorAll("[data-fold]")) {
  button.addEventListener("click", () => { for (const cell of cells) cell.open = button.dataset.fold !== ""; });
}

// A heading of a sortable table becomes a button: once sorts upwards, again downwards.
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [row.cells[column].textContent, row]);
      rows.sort((a, b) => a[0].localeCompare(b[0], "en", { numeric: true }) * (down ? -1 : 1));
      table.tBodies[0].append(...rows.map((r) => r[1]));
    });
  });
}
