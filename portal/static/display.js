/* Large print, contrast and dark, as chosen here or on the site: site/assets/site.js keeps the same choices under the
   same names, on the visitor's own device alone. Every page is whole without this script. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)"), contrast = matchMedia("(prefers-contrast: more)");
  root.classList.add("js");

  /* A browser may refuse storage; then the choice lasts for this page. */
  function recall(name) {
    try { return localStorage.getItem("huiyin." + name); } catch (refused) { return null; }
  }
  function remember(name, value) {
    try { localStorage.setItem("huiyin." + name, value); } catch (refused) { return; }
  }

  function isDark() {
    var chosen = root.getAttribute("data-scheme");
    return chosen ? chosen === "dark" : dark.matches;
  }
  function isLarge() { return root.getAttribute("data-print") === "large"; }
  function isStrong() {
    var chosen = root.getAttribute("data-contrast");
    return chosen ? chosen === "more" : contrast.matches;
  }

  function show(name, value) {
    if (value) { root.setAttribute("data-" + name, value); }
    document.querySelectorAll("[data-toggle=" + name + "]").forEach(function (button) {
      if (name === "scheme") { button.textContent = isDark() ? button.dataset.light : button.dataset.dark; }
      else { button.setAttribute("aria-pressed", String(name === "print" ? isLarge() : isStrong())); }
    });
  }
  function next(name) {
    if (name === "print") { return isLarge() ? "normal" : "large"; }
    if (name === "contrast") { return isStrong() ? "normal" : "more"; }
    return isDark() ? "light" : "dark";
  }
  function recallAll() {
    ["scheme", "contrast", "print"].forEach(function (name) { show(name, recall(name)); });
  }

  /* Before the first paint, so that nobody sees the page change. */
  recallAll();

  document.addEventListener("DOMContentLoaded", function () {
    recallAll();
    document.querySelectorAll("[data-toggle]").forEach(function (button) {
      button.addEventListener("click", function () {
        var name = button.dataset.toggle, value = next(name);
        remember(name, value);
        show(name, value);
      });
    });
    document.querySelectorAll("[data-print-page]").forEach(function (button) {
      button.addEventListener("click", function () { print(); });
    });
    dark.addEventListener("change", function () { show("scheme", null); });
    contrast.addEventListener("change", function () { show("contrast", null); });
  });

  /* A page that the browser kept and shows again may be older than the choice. */
  addEventListener("pageshow", function (event) { if (event.persisted) { recallAll(); } });
})();
