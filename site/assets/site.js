(function () {
  "use strict";
  var root = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)"), contrast = matchMedia("(prefers-contrast: more)");
  var CHOICES = ["scheme", "contrast", "print"];
  root.classList.replace("no-js", "js");

  /* A browser may refuse storage; the page must work all the same. */
  function recall(name) {
    try { return localStorage.getItem("huiyin." + name); } catch (refused) { return null; }
  }
  function remember(name, value) {
    try { localStorage.setItem("huiyin." + name, value); } catch (refused) { /* the choice lasts for this page */ }
  }

  function show(name, value) {
    if (value) { root.setAttribute("data-" + name, value); }
    document.querySelectorAll("[data-toggle=" + name + "]").forEach(function (button) {
      if (name === "scheme") { button.textContent = isDark() ? button.dataset.light : button.dataset.dark; }
      else { button.setAttribute("aria-pressed", String(name === "print" ? isLarge() : isStrong())); }
    });
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
  function next(name) {
    if (name === "scheme") { return isDark() ? "light" : "dark"; }
    if (name === "contrast") { return isStrong() ? "normal" : "more"; }
    return isLarge() ? "normal" : "large";
  }

  /* Before the first paint, so that nobody sees the page change. */
  CHOICES.forEach(function (name) { show(name, recall(name)); });

  /* The theme takes single letters as shortcuts, which surprises people who steer by speech or switch, and
     Enter in the search as the first hit: here it sends the form, which leads to the list of all hits. */
  addEventListener("keydown", function (event) {
    var editing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (editing ? event.key === "Enter" : event.key.length === 1) { event.stopImmediatePropagation(); }
  }, true);

  /* One quiet line at the bottom: the page was renewed while it was open, or it is a copy because the network is gone. */
  function tell(name) {
    var line = document.querySelector(".notice"), button = document.createElement("button");
    if (!line) { return; }
    line.textContent = name ? line.dataset[name] + " " : "";
    if (name !== "renewed") { return; }
    button.className = "tool";
    button.type = "button";
    button.textContent = line.dataset.reload;
    button.addEventListener("click", function () { location.reload(); });
    line.append(button);
  }

  /* /worker.js keeps pages for reading without a network; /portal/ is never its business. */
  if ("serviceWorker" in navigator && location.protocol !== "file:") {
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data.renewed === location.pathname) { tell("renewed"); }
    });
    addEventListener("load", function () {
      navigator.serviceWorker.register("/worker.js", { scope: "/" }).catch(function () { /* read it with a network */ });
      if (!navigator.onLine && !document.querySelector("[data-kept]")) { tell("away"); }
    });
    addEventListener("offline", function () { tell("away"); });
    addEventListener("online", function () { if (!document.querySelector(".notice button")) { tell(""); } });
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState !== "visible") { return; }
      navigator.serviceWorker.getRegistration("/").then(function (known) { return known && known.update(); })
        .catch(function () { /* asked again next time */ });
    });
  }

  /* The search found no way to its list of pages (see search.js). Listened to from the first search on. */
  function hearAway() {
    if (!("BroadcastChannel" in window)) { return; }
    new BroadcastChannel("huiyin.search").addEventListener("message", function () {
      var line = document.querySelector(".md-search-result__meta");
      if (document.visibilityState === "visible") { line.textContent = line.dataset.away; }
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    CHOICES.forEach(function (name) {
      show(name, recall(name));
      document.querySelectorAll("[data-toggle=" + name + "]").forEach(function (button) {
        button.addEventListener("click", function () {
          var value = next(name);
          remember(name, value);
          show(name, value);
        });
      });
    });
    /* A page can expire after it was built, or lie in a cache since: the day is Shanghai's, as everywhere here. */
    var today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);
    document.querySelectorAll("[data-expires]").forEach(function (line) {
      if (line.dataset.expires < today) { line.hidden = false; }
    });
    dark.addEventListener("change", function () { show("scheme", null); });
    contrast.addEventListener("change", function () { show("contrast", null); });

    /* Input methods end a composition without a keyup, and the theme's search listens for nothing else. */
    var query = document.querySelector("[data-md-component=search-query]");
    if (query) {
      if (document.activeElement === query) { hearAway(); }
      query.addEventListener("focus", hearAway, { once: true });
      query.addEventListener("input", function () {
        query.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
      });
    }
  });
})();
