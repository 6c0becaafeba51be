/* Where something waits or a kept copy is open (see start.js): sends what waits, takes forms along, and lets the copy
   of a form put its answers down on the device. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-offline]");
  if (!("HuiyinQueue" in self)) { return; }

  function ignore() { /* The browser may forbid it; then all works as without this script. */ }

  var words = fetch(HuiyinQueue.base + "words.json?lang=" + (document.documentElement.lang.slice(0, 2)))
    .then(function (response) { return response.json(); });
  function note(name, text, link) {
    var box = document.querySelector("[data-note=" + name + "]");
    if (!box) {
      box = document.createElement("p");
      box.className = "notice";
      box.dataset.note = name;
      box.setAttribute("role", "status");
      document.querySelector("main").prepend(box);
    }
    box.textContent = text;
    if (link) { box.append(" ", link); }
    box.hidden = !text;
  }

  /* How many wait. */
  function show() {
    return HuiyinQueue.all("waiting").then(function (records) {
      /* For start.js, which asks the quick memory alone. */
      try {
        if (records.length) { localStorage.setItem("huiyin.waiting", "1"); } else { localStorage.removeItem("huiyin.waiting"); }
      } catch (refused) { /* Then it looks each time. */ }
      if (document.getElementById("waiting")) { return records; }
      return words.then(function (told) {
        var link = document.createElement("a");
        link.href = HuiyinQueue.base + "waiting" + (location.search.match(/[?&]lang=\w+/) || [""])[0].replace("&", "?");
        link.textContent = told.list;
        note("waiting", records.length ? told.waiting + " " + records.length : "", link);
        return records;
      }).catch(function () { return records; });
    });
  }
  function sendWaiting() {
    return show().then(function (records) {
      return records.length ? HuiyinQueue.sendAll() : null;
    }).then(function (count) {
      /* Nothing was tried: the lists stay as they are, for a list made anew swallows a tap that is under way. */
      if (!count) { return null; }
      document.dispatchEvent(new CustomEvent("huiyin-sent", { detail: count }));
      return show();
    }).catch(ignore);
  }
  addEventListener("online", sendWaiting);
  sendWaiting();

  /* Taking along: every form of a unit in each language, fetched one after the other. */
  var take = document.querySelector("[data-take]");
  if (take) {
    var said = take.querySelector("[role=status]");
    take.querySelector("button").addEventListener("click", function () {
      var addresses = take.dataset.take.split(" "), done = 0;
      said.textContent = said.dataset.busy;
      if (navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(ignore); }
      caches.open(HuiyinQueue.forms).then(function (cache) {
        return addresses.reduce(function (before, address) {
          return before.then(function () { return fetch(address, { cache: "no-cache" }); }).then(function (response) {
            if (!response.ok) { throw new Error(address); }
            return HuiyinQueue.copyOf(response).then(function (copy) { return cache.put(address, copy); });
          }).then(function () { done += 1; });
        }, Promise.resolve());
      }).then(function () { return navigator.serviceWorker.ready; })
        .then(function () { said.textContent = said.dataset.done; })
        .catch(function () { said.textContent = said.dataset.failed; });
    });
  }

  if (!form) { return; }
  var id, edited = /^#answer=([0-9a-f]{32})$/.exec(location.hash);

  function field(name) { return form.elements.namedItem(name); }
  function isCopy() { return field("_token").value === ""; }
  function fresh() { id = HuiyinQueue.newId(); }

  function faultOf(item, message) {
    var error = document.createElement("p"), first = item.querySelector("input, textarea");
    error.className = "error";
    error.id = "e-" + (first ? first.name : "");
    error.textContent = message;
    (item.querySelector("legend, label") || item.firstChild).insertAdjacentElement("afterend", error);
    item.setAttribute("aria-invalid", "true");
    if (first) { first.setAttribute("aria-describedby", error.id); }
    return first;
  }
  function clear() {
    form.querySelectorAll("p.error").forEach(function (one) { one.remove(); });
    form.querySelectorAll("[aria-invalid]").forEach(function (one) { one.removeAttribute("aria-invalid"); });
  }
  function answered(item) {
    return Array.prototype.some.call(item.querySelectorAll("input, textarea"), function (one) {
      return one.type === "radio" || one.type === "checkbox" ? one.checked : one.value.trim() !== "";
    });
  }
  function isAsked(item) {
    var inner = item.closest(".dependent");
    return !inner || inner.parentNode.querySelector("input.opens:checked") !== null;
  }
  /* What must be answered and is not, and of what too much is chosen; the rest is for the server to judge. */
  function check(told) {
    var wrong = [];
    form.querySelectorAll("[data-needed], [data-most]").forEach(function (item) {
      if (!isAsked(item)) { return; }
      if (item.dataset.needed && !answered(item)) { wrong.push(faultOf(item, told.needed[item.dataset.needed])); }
      else if (item.dataset.most && item.querySelectorAll("input:checked").length > Number(item.dataset.most)) {
        wrong.push(faultOf(item, told.most.replace("{n}", item.dataset.most)));
      }
    });
    return wrong;
  }

  function putDown(button) {
    var data = new FormData(form), pairs = [];
    data.forEach(function (value, name) { pairs.push([name, String(value)]); });
    if (button && button.name) { pairs.push([button.name, button.value]); }
    var record = HuiyinQueue.recordOf(pairs, location.pathname + location.search, edited ? edited[1] : id);
    return (edited ? HuiyinQueue.put(record) : HuiyinQueue.add(record)).then(function () {
      if (navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(ignore); }
      location.replace(HuiyinQueue.base + "waiting?lang=" + record.language);
    });
  }

  function fill(record) {
    Object.keys(record.answers).forEach(function (name) {
      form.querySelectorAll("[name='" + name + "']").forEach(function (one) {
        if (one.type === "radio" || one.type === "checkbox") { one.checked = record.answers[name].indexOf(one.value) >= 0; }
        else { one.value = record.answers[name][0]; }
      });
    });
    if (record.card && field("_card_number")) {
      field("_card_number").value = record.card.number;
      field("_card_secret").value = record.card.secret;
    }
    var faults = record.refused ? record.refused.faults : {};
    Object.keys(faults).forEach(function (code) {
      var first = form.querySelector("[name='" + code + "']"), item = first && first.closest("fieldset, .field");
      if (item) { faultOf(item, faults[code]); }
    });
  }

  /* A form whose answers wait already, or a kept copy: what is answered here is another answer. */
  function begin() {
    fresh();
    return HuiyinQueue.get(field("_id").value || "none").then(function (there) {
      if (there && !edited) { form.reset(); field("_token").value = ""; field("_id").value = ""; }
      return words;
    }).then(function (told) { note("copy", isCopy() ? told.copy : ""); });
  }

  form.addEventListener("submit", function (event) {
    if (!isCopy() && !edited) { return; }
    event.preventDefault();
    clear();
    words.catch(function () { return null; }).then(function (told) {
      var wrong = told ? check(told) : [];
      if (wrong.length) { wrong[0].focus(); return null; }
      return putDown(event.submitter).catch(function () { note("unkept", told && told.unkept); scrollTo(0, 0); });
    });
  });
  addEventListener("pageshow", function (event) {
    if (!event.persisted) { return; }
    if (isCopy()) { form.reset(); }
    begin().catch(ignore);
  });
  begin().catch(ignore);
  if (edited) {
    HuiyinQueue.get(edited[1]).then(function (record) { if (record) { fill(record); } else { edited = null; } }).catch(ignore);
  }
})();
