/* The search of the edition that is read from a stick, where no worker and no fetch is allowed: site/assets/search.js
   runs inside this function and takes the four names below for those of a worker. */
(function () {
  "use strict";
  var words = document.currentScript.dataset;
  var box = document.querySelector("[data-md-component=search-query]");
  var open = document.getElementById("__search");
  var line = document.querySelector(".md-search-result__meta"), list = document.querySelector(".md-search-result__list");
  var onmessage = null;
  window.huiyinFiles = {};

  /* A data file stands beside its script, which hands it over under the address that is asked for. */
  function fetch(address) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = words.root + address.slice(1) + ".js";
      script.onload = function () {
        resolve({ ok: true, json: function () { return window.huiyinFiles[address]; } });
      };
      script.onerror = reject;
      document.head.append(script);
    });
  }

  function relative(address) { return words.root + address.slice(1).replace(/\/(#|$)/, "/index.html$1"); }

  function part(found, heading) {
    var link = document.createElement("a"), article = document.createElement("article");
    var title = document.createElement(heading), text = document.createElement("p");
    link.className = "md-search-result__link";
    link.href = relative(found.location);
    article.className = "md-search-result__article md-typeset";
    title.innerHTML = found.title;
    text.innerHTML = found.text;
    article.append(title, text);
    link.append(article);
    return link;
  }

  function postMessage(message) {
    if (message.type !== 3) { return; }
    list.replaceChildren.apply(list, message.data.items.map(function (item) {
      var row = document.createElement("li");
      row.className = "md-search-result__item";
      row.append.apply(row, item.map(function (found, index) { return part(found, index ? "h2" : "h1"); }));
      return row;
    }));
    var count = message.data.items.length;
    line.textContent = !box.value.trim() ? words.placeholder : !count ? words.none : count === 1 ? words.one : words.other.replace("#", count);
  }

  /* search.js */

  function move(event) {
    var stops = [box].concat(Array.from(list.querySelectorAll("a"))), at = stops.indexOf(document.activeElement);
    var next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at >= 0 && next && open.checked) { event.preventDefault(); next.focus(); }
  }

  box.addEventListener("focus", function () { open.checked = true; });
  /* Escape empties the box first, and an empty box has nothing to show. */
  box.addEventListener("input", function () { open.checked = box.value !== ""; onmessage({ data: { type: 2, data: box.value } }); });
  box.form.addEventListener("submit", function (event) { event.preventDefault(); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { open.checked = false; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { move(event); }
  });
  onmessage({ data: { type: 0, data: { config: { pack: words.pack } } } });
})();
