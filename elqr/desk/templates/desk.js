// Comfort for the keyboard. Every page works without this: it only moves the focus, chooses and presses what is there.
"use strict";
(() => {
  const root = document.documentElement, off = "elqr-no-keys";
  const all = selector => [...document.querySelectorAll(selector)];
  const one = selector => document.querySelector(selector);
  const kept = () => { try { return localStorage.getItem(off) === "1"; } catch { return false; } };
  root.classList.add("js");
  for (const button of all("button.keys-off")) {
    const tell = () => { button.setAttribute("aria-pressed", String(!kept())); };
    button.addEventListener("click", () => {
      try { kept() ? localStorage.removeItem(off) : localStorage.setItem(off, "1"); } catch { return; }
      tell();
    });
    tell();
  }
  const rows = () => all("a.row, .pick input:not([disabled])");
  const step = by => {
    const places = rows(), at = places.findIndex(place => place === document.activeElement || place.closest("tr")?.contains(document.activeElement));
    const next = places[Math.min(Math.max(at + by, 0), places.length - 1)];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const press = element => { if (element) element.click(); };
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    x: () => press(document.activeElement.matches(".pick input") ? document.activeElement : document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")),
    l: () => press(one("a.back")),
    g: () => one("#go")?.focus(),
    "]": () => press(one("a[rel=next]")),
    "[": () => press(one("a[rel=prev]")),
  };
  const choose = key => {
    const option = all("select[name=ruling] option").find(each => each.dataset.key === key);
    if (!option) return false;
    option.selected = true;
    (option.dataset.needs ? one("input[name=target]") : one("input[name=reason]"))?.focus();
    return true;
  };
  document.addEventListener("keydown", event => {
    const target = event.target, isField = target.matches("select, textarea, input:not([type=checkbox])");
    if (kept() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isField) return;
    if (/^[1-9]$/.test(event.key) && all("button[name=choice]")[event.key - 1]) press(all("button[name=choice]")[event.key - 1]);
    else if (Object.hasOwn(keys, event.key)) keys[event.key]();
    else if (!choose(event.key)) return;
    event.preventDefault();
  });
})();
