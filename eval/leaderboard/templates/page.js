"use strict";
// Sorting by the headers of a table (#sort=TABLE:COLUMN:ascending links to an order), and a filter for types.

/** The value a cell is sorted by; numbers where both sides are numbers. Empty cells go last in either order. */
function compare(one, other, sign) {
  if (one === "" || other === "") return (one === "") - (other === "");
  const difference = Number(one) - Number(other);
  return sign * (Number.isNaN(difference) ? one.localeCompare(other, "en") : difference);
}

/** Sorts the first body of a table; the paper's rows are another and stay. */
function sortBy(table, header, order) {
  const headers = [...header.parentElement.children];
  const column = headers.indexOf(header);
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const value = (row) => row.children[column].dataset.value ?? "";
  const rows = [...body.rows].sort((one, other) => compare(value(one), value(other), sign));
  body.append(...rows);
  for (const each of headers) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
}

/** Names sort from A at first, figures from the highest. */
function nextOrder(header) {
  const now = header.getAttribute("aria-sort");
  if (now) return now === "ascending" ? "descending" : "ascending";
  return header.classList.contains("system") ? "ascending" : "descending";
}

function makeSortable(table) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(header.firstChild); // what follows it, a note in small type, is no part of the name
    button.addEventListener("click", () => sortBy(table, header, nextOrder(header)));
    header.prepend(button);
  }
}

function addFilter(details) {
  const rows = [...details.querySelector("tbody").rows];
  if (rows.length < 10) return;
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "filter";
  input.type = "search";
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.children[0].dataset.value.toLowerCase().includes(wanted);
  });
  label.append("Show types with ", input);
  details.querySelector("summary").after(label);
}

/** Does what the address asks for; what it does not know it passes over. */
function followAddress(tables) {
  const asked = new URLSearchParams(location.hash.slice(1)).get("sort") ?? "";
  const [name, key, order] = asked.split(":");
  const table = tables.find((one) => one.dataset.table === name);
  const header = table && [...table.tHead.rows[0].cells].find((one) => one.dataset.key === key);
  if (!header || !["ascending", "descending"].includes(order)) return;
  const details = table.closest("details");
  if (details) details.open = true;
  sortBy(table, header, order);
  table.scrollIntoView();
}

const tables = [...document.querySelectorAll("table.sortable")];
tables.forEach(makeSortable);
document.querySelectorAll("details").forEach(addFilter);
followAddress(tables);
addEventListener("hashchange", () => followAddress(tables));
