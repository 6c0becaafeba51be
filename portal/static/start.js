/* For every form: brings in the workers that keep forms and the emergency page, and the rest where it is needed. */
(function () {
  "use strict";
  var own = document.currentScript, page = own.dataset.load, loaded = false;
  var base = own.src.replace(/static\/[^/]*$/, ""), able = "serviceWorker" in navigator && "indexedDB" in self && "caches" in self;

  function load(names) {
    names.forEach(function (name) {
      var script = document.createElement("script");
      script.src = base + "static/" + name;
      script.async = false;
      document.head.appendChild(script);
    });
  }
  function waits() {
    try { return localStorage.getItem("huiyin.waiting") !== null; } catch (refused) { return true; }
  }
  function consider() {
    var token = document.querySelector("form[data-offline] [name=_token]");
    if (loaded || !(page || waits() || (token && !token.value))) { return; }
    loaded = true;
    load(["queue.js", "offline.js"].concat(page && page !== "offline.js" ? [page] : []));
  }

  if (!able) { if (page) { load([page]); } return; }
  if (page || !(navigator.connection && navigator.connection.saveData)) {
    [[base + "worker.js", base], ["/worker.js", "/"]].forEach(function (one) {
      navigator.serviceWorker.register(one[0], { scope: one[1] }).catch(function () { /* Then all works without. */ });
    });
  }
  consider();
  addEventListener("pageshow", consider);
})();
