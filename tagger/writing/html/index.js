"use strict";
const body = document.querySelector("tbody");
const heads = [...document.querySelectorAll("th")];
heads.forEach((head, column) => head.addEventListener("click", () => {
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = row => Number(row.cells[column].dataset.n);
  const rows = [...body.rows].sort((a, b) => (down ? 1 : -1) * (value(b) - value(a)));
  body.append(...rows);
}));
