// Makes tables sort and filter. The page reads whole without it.
"use strict";

const numeric = (cell) => cell.classList.contains("number");

// A missing number sorts last in either direction.
function compare(a, b, direction) {
  const [left, right] = [a.dataset.sort, b.dataset.sort];
  if (!numeric(a)) return direction * left.localeCompare(right, "en");
  if (left === "" || right === "") return (left === "") - (right === "");
  return direction * (Number(left) - Number(right));
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const first = head.classList.contains("number") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.setAttribute("aria-sort", each === head ? order : "none"));
      const direction = order === "ascending" ? 1 : -1;
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column], direction));
      body.append(...rows);
    });
  });
}

function makeFilterable(box, table) {
  const rows = [...table.tBodies[0].rows];
  const [line, label, input, found] = ["div", "label", "input", "output"].map((tag) => document.createElement(tag));
  line.className = "filter";
  input.type = "search";
  input.id = `${box.id}-filter`;
  label.htmlFor = input.id;
  label.textContent = "Show rows with all of these words";
  found.setAttribute("aria-live", "polite");
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row) => {
      const content = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      row.hidden = !words.every((word) => content.includes(word));
      count += !row.hidden;
    });
    found.textContent = `${count} of ${rows.length} rows`;
  };
  input.addEventListener("input", show);
  line.append(label, input, found);
  box.prepend(line);
  show();
}

document.querySelectorAll(".table").forEach((box) => {
  const table = box.querySelector("table");
  makeSortable(table);
  if ("filter" in box.dataset) makeFilterable(box, table);
});

// What is folded away must not be missing on paper. A table's head is repeated on each page, but not the buttons in it.
let folded = [];
let buttons = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((part) => { part.open = true; });
  buttons = [...document.querySelectorAll("th button")].map((button) => [button.parentElement, button]);
  buttons.forEach(([head, button]) => { head.textContent = button.textContent; });
});
window.addEventListener("afterprint", () => {
  folded.forEach((part) => { part.open = false; });
  buttons.forEach(([head, button]) => head.replaceChildren(button));
});
