/* The kiosk in one page that is never left: there is no way back to the last person's answer. Every press is put down
   on the tablet first and sent from there. Where the tablet cannot do that, the buttons send the plain form. */
(function () {
  "use strict";
  var form = document.querySelector("[data-kiosk]"), thanks = document.querySelector("[data-thanks]");
  var note = document.querySelector("[data-waiting]"), heading = document.querySelector("h1");
  var THANKS = 5000, IDLE = 60000, FRESH = 1800000, opened = Date.now(), timer = null, idle = null, chosen = null;
  var question = heading.innerHTML;
  if (!(self.indexedDB && self.Promise && self.fetch && self.crypto && self.HuiyinQueue)) { return; }

  function ignore() { /* It is tried again with the next press, or in a minute. */ }
  function count() {
    return HuiyinQueue.all("waiting").then(function (records) {
      note.hidden = !records.length;
      note.querySelector("[data-count]").textContent = String(records.length);
      return records.length;
    });
  }
  function send() {
    return count().then(function (waiting) { return waiting ? HuiyinQueue.sendAll().then(count) : null; }).catch(ignore);
  }

  /* Back to the question. Now and then the page itself is asked for anew, if there is a network. */
  function begin() {
    clearTimeout(timer);
    heading.innerHTML = question;
    heading.className = "";
    form.hidden = false;
    chosen = null;
    if (document.activeElement) { document.activeElement.blur(); }
    scrollTo(0, 0);
    if (Date.now() - opened > FRESH && navigator.onLine) {
      fetch(location.href, { cache: "no-store" }).then(function (response) { if (response.ok) { location.reload(); } }).catch(ignore);
    }
  }
  function wake() {
    clearTimeout(idle);
    idle = setTimeout(function () { begin(); wake(); send(); }, IDLE);
  }

  function putDown(button) {
    var pairs = [[button.name, button.value], ["_grant", form.querySelector("[name=_grant]").value]];
    var record = HuiyinQueue.recordOf(pairs, location.pathname + location.search, HuiyinQueue.newId());
    record.kiosk = true;
    return HuiyinQueue.add(record).then(function () {
      form.hidden = true;
      heading.innerHTML = thanks.innerHTML;
      heading.className = "thanks";
      timer = setTimeout(begin, THANKS);
      send();
    });
  }

  Array.prototype.forEach.call(form.querySelectorAll("button"), function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      if (chosen) { return; }
      chosen = button;
      putDown(button).catch(function () {
        /* This tablet keeps nothing: the plain form goes out as it is. */
        var value = document.createElement("input");
        value.type = "hidden";
        value.name = button.name;
        value.value = button.value;
        form.appendChild(value);
        form.submit();
      });
    });
  });
  ["touchstart", "mousedown", "keydown"].forEach(function (kind) { document.addEventListener(kind, wake); });
  addEventListener("online", send);
  addEventListener("pageshow", begin);
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(HuiyinQueue.base + "worker.js", { scope: HuiyinQueue.base }).catch(ignore);
  }
  if (navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(ignore); }
  heading.setAttribute("data-ready", "");
  wake();
  send();
})();
