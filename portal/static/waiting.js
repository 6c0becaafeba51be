/* The list of what waits on this device: sending it, saving it as a file, correcting or deleting one, the receipts,
   and the forms that are kept. The words stand in the page. */
(function () {
  "use strict";
  var root = document.getElementById("waiting"), words = root.dataset;
  var said = root.querySelector("[role=status]");

  function part(name) { return root.querySelector("[data-part=" + name + "]"); }
  function say(text) { said.textContent = text; }
  function worded(text, n) { return text.replace("{n}", String(n)); }
  function copyOf(name) { return document.getElementById(name).content.firstElementChild.cloneNode(true); }
  function write(item, name, text) { item.querySelector("[data-" + name + "]").textContent = text; }

  if (!("indexedDB" in self && "caches" in self && "serviceWorker" in navigator)) {
    say(words.unable);
    return;
  }

  function waitingItem(record) {
    var item = copyOf("waiting-item"), refused = record.refused;
    write(item, "about", record.about);
    write(item, "day", record.day);
    if (refused) {
      var fixed = item.querySelector("[data-refused]"), faults = Object.keys(refused.faults);
      fixed.hidden = false;
      write(item, "message", refused.message);
      item.querySelector("[data-change]").href = record.page + "#answer=" + record.id;
      item.querySelector("[data-change]").hidden = !faults.length && refused.reason !== "card";
      faults.forEach(function (code) {
        var line = document.createElement("li");
        line.textContent = refused.faults[code];
        fixed.querySelector("ul").appendChild(line);
      });
      var without = item.querySelector("[data-without-card]");
      without.hidden = refused.reason !== "card";
      without.addEventListener("click", function () {
        delete record.card;
        delete record.refused;
        HuiyinQueue.put(record).then(send);
      });
    }
    item.querySelector("[data-delete]").addEventListener("click", function () {
      item.querySelector("[data-sure]").hidden = false;
      item.querySelector("[data-really]").focus();
    });
    item.querySelector("[data-keep]").addEventListener("click", function () {
      item.querySelector("[data-sure]").hidden = true;
      item.querySelector("[data-delete]").focus();
    });
    item.querySelector("[data-really]").addEventListener("click", function () {
      HuiyinQueue.remove(record.id).then(function () { say(words.deleted); return show(); })
        .then(function () { part("waiting-title").focus(); });
    });
    return item;
  }
  function sentItem(receipt) {
    var item = copyOf("sent-item"), link = item.querySelector("a");
    link.href = receipt.receipt;
    link.textContent = receipt.about + (receipt.n > 1 ? " × " + receipt.n : "");
    write(item, "day", receipt.day);
    return item;
  }
  function fillList(name, items) {
    var list = part(name);
    list.replaceChildren.apply(list, items);
  }

  function showForms() {
    return caches.open(HuiyinQueue.forms).then(function (cache) {
      return cache.keys().then(function (keys) {
        var wanted = keys.filter(function (key) { return /\/s\/[^/]+\?.*unit=/.test(key.url) && isOwnLanguage(key.url); });
        return Promise.all(wanted.map(function (key) {
          return cache.match(key).then(function (response) { return response.text(); }).then(function (html) {
            var grant = new DOMParser().parseFromString(html, "text/html").querySelector("input[name=_grant]");
            return grant && { href: key.url, about: grant.value.split(" ").slice(2).join(" ") };
          });
        }));
      });
    }).then(function (found) {
      var seen = {}, forms = found.filter(function (one) {
        var twice = !one || seen[one.about];
        if (one) { seen[one.about] = true; }
        return !twice;
      }).sort(function (a, b) { return a.about < b.about ? -1 : 1; });
      fillList("forms", forms.map(function (one) {
        var item = copyOf("form-item"), link = item.querySelector("a");
        link.href = one.href;
        link.textContent = one.about;
        return item;
      }));
      part("no-forms").hidden = forms.length > 0;
      part("remove-forms").hidden = forms.length === 0;
    });
  }
  function isOwnLanguage(address) {
    var asked = new URL(address).searchParams.get("lang");
    return !asked || asked === words.lang;
  }

  function show() {
    return Promise.all([HuiyinQueue.all("waiting"), HuiyinQueue.all("sent"), showForms()]).then(function (found) {
      var waiting = found[0], sent = found[1];
      fillList("waiting", waiting.map(waitingItem));
      fillList("sent", sent.map(sentItem));
      part("count").textContent = String(waiting.length);
      part("nothing").hidden = waiting.length > 0;
      part("acts").hidden = waiting.length === 0;
      part("sent-box").hidden = sent.length === 0;
    });
  }
  function outcome(count) {
    var told = [];
    if (count.sent) { told.push(worded(words.sent, count.sent)); }
    if (count.refused) { told.push(worded(words.refused, count.refused)); }
    if (count.later) { told.push(worded(words.later, count.later)); }
    return told.join(" ");
  }
  function send() {
    say(words.sending);
    return HuiyinQueue.sendAll(true).then(function (count) { return show().then(function () { say(outcome(count)); }); })
      .catch(function () { say(words.failed); });
  }

  /* The file: see surveys/queue_file.py for its format. */
  function bytes(text) { return Uint8Array.from(atob(text), function (one) { return one.charCodeAt(0); }); }
  function base64(buffer) {
    var text = "";
    new Uint8Array(buffer).forEach(function (one) { text += String.fromCharCode(one); });
    return btoa(text);
  }
  function joined(one, other) {
    var both = new Uint8Array(one.length + other.length);
    both.set(one);
    both.set(other, one.length);
    return both;
  }
  function seal(answers) {
    var curve = { name: "ECDH", namedCurve: "P-256" }, subtle = crypto.subtle, office = bytes(words.publicKey);
    var info = new TextEncoder().encode("huiyin-queue 1"), nonce = crypto.getRandomValues(new Uint8Array(12)), own;
    return Promise.all([
      subtle.importKey("raw", office, curve, false, []), subtle.generateKey(curve, true, ["deriveBits"])
    ]).then(function (keys) {
      return Promise.all([
        subtle.exportKey("raw", keys[1].publicKey),
        subtle.deriveBits({ name: "ECDH", public: keys[0] }, keys[1].privateKey, 256)
      ]);
    }).then(function (found) {
      own = new Uint8Array(found[0]);
      return subtle.importKey("raw", found[1], "HKDF", false, ["deriveKey"]);
    }).then(function (secret) {
      return subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: joined(own, office), info: info },
        secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    }).then(function (key) {
      var plain = new TextEncoder().encode(JSON.stringify({ answers: answers }));
      return subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: info }, key, plain);
    }).then(function (sealed) {
      return JSON.stringify({ format: "huiyin-queue", version: 1, public: base64(own), nonce: base64(nonce), sealed: base64(sealed) });
    });
  }
  function save() {
    if (!(self.crypto && crypto.subtle)) { say(words.nocrypto); return; }
    HuiyinQueue.all("waiting").then(function (records) { return seal(records.map(HuiyinQueue.submission)); })
      .then(function (text) {
        var link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
        link.download = words.file;
        link.click();
        setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
        say(words.saved);
      }).catch(function () { say(words.failed); });
  }

  part("send").addEventListener("click", send);
  part("save").addEventListener("click", save);
  part("clear").addEventListener("click", function () { HuiyinQueue.clearSent().then(show); });
  part("remove-forms").addEventListener("click", function () {
    caches.delete(HuiyinQueue.forms).then(show).then(function () { say(words.removed); part("forms-title").focus(); });
  });
  document.addEventListener("huiyin-sent", function (event) {
    show().then(function () { say(outcome(event.detail)); });
  });
  show().catch(function () { say(words.failed); });
})();
