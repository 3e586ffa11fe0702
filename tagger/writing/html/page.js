"use strict";
const paragraphs = [...document.querySelectorAll(".p")];
const articles = [...document.querySelectorAll("article")];
const boxes = [...document.querySelectorAll(".tools input")];
const shown = document.querySelector(".tools output");
const on = name => boxes.some(box => box.name === name && box.checked);

function filter() {
  const themes = boxes.filter(box => box.name === "theme" && box.checked).map(box => box.value);
  const unsure = on("unsure");
  let count = 0;
  for (const p of paragraphs) {
    const fits = (!themes.length || themes.some(theme => p.classList.contains(theme)))
      && (!unsure || p.classList.contains("unsure"));
    p.classList.toggle("out", !fits);
    count += fits && !p.classList.contains("furniture");
  }
  for (const article of articles) {
    const empty = !article.querySelector(".p:not(.out)");
    article.classList.toggle("out", empty);
    document.querySelector(`.list a[href="#${article.id}"]`)?.parentElement
      .classList.toggle("out", empty);
  }
  document.body.classList.toggle("context", on("context"));
  document.body.classList.toggle("plain", on("plain"));
  shown.textContent = `显示 shown ${count} / ${shown.dataset.all}`;
}

function step(by) {
  const fitting = paragraphs.filter(p => !p.classList.contains("out"));
  const top = 90;
  const next = by > 0 ? fitting.find(p => p.getBoundingClientRect().top > top + 4)
    : fitting.findLast(p => p.getBoundingClientRect().top < top - 4);
  if (!next) return;
  document.querySelector(".here")?.classList.remove("here");
  next.classList.add("here");
  window.scrollBy(0, next.getBoundingClientRect().top - top);
}

for (const box of boxes) box.addEventListener("change", filter);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});
filter();
