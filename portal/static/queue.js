/* Answers that wait on this device, for the pages and for the worker alike. An answer is put down before anything
   is sent, and goes away only in the same step that puts down the server's receipt. Nothing else ever removes one,
   but the person herself. The id that is made here lets the server know an answer that it has already. */
var HuiyinQueue = (function (scope) {
  "use strict";
  var LANGUAGE_TAGS = { zh: "zh", en: "en" };
  var base = scope.document ? document.currentScript.src.replace(/static\/[^/]*$/, "") : scope.registration.scope;
  var opened = null;

  function asked(request) {
    return new Promise(function (resolve, reject) {
      request.onsuccess = function () { resolve(request.result); };
      request.onerror = function () { reject(request.error); };
    });
  }

  function open() {
    if (opened) { return opened; }
    opened = new Promise(function (resolve, reject) {
      var request = scope.indexedDB.open("huiyin.portal", 1);
      request.onupgradeneeded = function () {
        request.result.createObjectStore("waiting", { keyPath: "id" });
        request.result.createObjectStore("sent", { keyPath: "id" });
      };
      request.onsuccess = function () {
        request.result.onversionchange = function () { request.result.close(); opened = null; };
        resolve(request.result);
      };
      request.onerror = function () { opened = null; reject(request.error); };
    });
    return opened;
  }

  /* Runs `work` with the two stores; resolves when all of it is on the disk, and nothing of it is if it fails. */
  function change(mode, work) {
    return open().then(function (database) {
      return new Promise(function (resolve, reject) {
        var step;
        try { step = database.transaction(["waiting", "sent"], mode, { durability: "strict" }); }
        catch (old) { step = database.transaction(["waiting", "sent"], mode); }
        var result = work(step.objectStore("waiting"), step.objectStore("sent"));
        step.oncomplete = function () { Promise.resolve(result).then(resolve, reject); };
        step.onabort = step.onerror = function () { reject(step.error); };
      });
    });
  }

  function all(store) {
    return change("readonly", function (waiting, sent) { return asked((store === "sent" ? sent : waiting).getAll()); });
  }
  function get(id) { return change("readonly", function (waiting) { return asked(waiting.get(id)); }); }
  function put(record) { return change("readwrite", function (waiting) { waiting.put(record); }); }
  /* A new answer. The same one once more changes nothing; another one under an id that waits already gets its own. */
  function add(record) {
    return change("readwrite", function (waiting) {
      waiting.get(record.id).onsuccess = function (event) {
        var there = event.target.result;
        if (there && JSON.stringify(there.answers) === JSON.stringify(record.answers)) { return; }
        if (there) { record.id = newId(); }
        waiting.put(record);
      };
    });
  }
  function remove(id) { return change("readwrite", function (waiting) { waiting.delete(id); }); }
  function clearSent() { return change("readwrite", function (_, sent) { sent.clear(); }); }

  /* The receipt in, the answer out: both or neither. Of what she deleted meanwhile, nothing is put down. The key of
     the receipt is a new one, for the receipts lead to no answer. */
  function finish(id, told) {
    return change("readwrite", function (waiting, sent) {
      waiting.get(id).onsuccess = function (event) {
        var record = event.target.result;
        if (!record) { return; }
        waiting.delete(id);
        var receipt = { id: newId(), about: record.about, day: told.day, receipt: told.receipt, n: 1 };
        if (!record.kiosk) { sent.put(receipt); return; }
        /* Of a kiosk's many, the last receipt of a day and how many there were. */
        receipt.id = "kiosk " + told.day + " " + record.about;
        sent.get(receipt.id).onsuccess = function (found) {
          if (found.target.result) { receipt.n += found.target.result.n; }
          sent.put(receipt);
        };
      };
    });
  }
  function refuse(id, told) {
    return change("readwrite", function (waiting) {
      waiting.get(id).onsuccess = function (event) {
        var record = event.target.result;
        if (!record) { return; }
        record.refused = { reason: told.error, message: told.message, faults: told.faults || {} };
        waiting.put(record);
      };
    });
  }

  function newId() {
    return Array.prototype.map.call(scope.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return ("0" + byte.toString(16)).slice(-2);
    }).join("");
  }
  /* The day in Shanghai, where every day of this portal is counted. */
  function today() { return new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10); }

  /* What is kept of a form: `pairs` are the names and values of its fields, `page` is its address. */
  function recordOf(pairs, page, id) {
    var own = {}, answers = {};
    pairs.forEach(function (pair) {
      if (pair[0].charAt(0) === "_") { own[pair[0]] = pair[1]; return; }
      if (pair[1] !== "") { (answers[pair[0]] = answers[pair[0]] || []).push(pair[1]); }
    });
    /* The grant, the language, and what the form is about, one behind the other. */
    var parts = /^(\S+) (\S+) (.*)$/.exec(own._grant || "") || [];
    var record = {
      id: id || own._id || newId(), grant: parts[1], day: today(), language: parts[2], about: parts[3],
      page: page.replace(/&sent=1/, ""), answers: answers
    };
    if ((own._card_number || own._card_secret) && !("_without_card" in own)) {
      record.card = { number: own._card_number || "", secret: own._card_secret || "" };
    }
    return record;
  }

  function submission(record) {
    var sent = {};
    ["id", "grant", "day", "language", "answers", "card"].forEach(function (name) {
      if (record[name] !== undefined) { sent[name] = record[name]; }
    });
    return sent;
  }

  /* One answer; resolves to "sent", "refused" or "later". Only an answer that names this id is believed: a page that
     some network puts in between is none. */
  function send(record) {
    var language = LANGUAGE_TAGS[record.language] || "zh";
    return fetch(base + "api/answers?lang=" + language, {
      method: "POST", headers: { "Content-Type": "application/json" }, credentials: "omit", cache: "no-store",
      body: JSON.stringify(submission(record))
    }).then(function (response) {
      if (response.status !== 200 && response.status !== 422) { return "later"; }
      return response.json().then(function (told) {
        if (response.status === 422 && told.error && (told.id === record.id || told.id === "")) {
          return refuse(record.id, told).then(function () { return "refused"; });
        }
        if (response.status !== 200 || told.id !== record.id || !told.receipt) { return "later"; }
        return finish(record.id, told).then(function () { return "sent"; });
      });
    }).catch(function () { return "later"; });
  }

  function sendEach(records) {
    var count = { sent: 0, refused: 0, later: 0 };
    return records.reduce(function (before, record) {
      return before.then(function () {
        /* Where one could not be delivered, the next would not be either. */
        if (count.later) { count.later += 1; return null; }
        return send(record).then(function (outcome) { count[outcome] += 1; });
      });
    }, Promise.resolve()).then(function () { return count; });
  }
  function waitingOnes() {
    return all("waiting").then(function (records) { return records.filter(function (one) { return !one.refused; }); });
  }
  /* Sends all that waits, and if asked to what was refused before too, for the office may have put something right.
     One tab or worker at a time where the browser can see to that; the server does in any case. */
  function sendAll(again) {
    function work() { return (again ? all("waiting") : waitingOnes()).then(sendEach); }
    return scope.navigator.locks ? scope.navigator.locks.request("huiyin.portal.send", work) : work();
  }

  /* A copy is used for many answers, so it holds neither token nor id of one. */
  function asCopy(html) { return html.replace(/(name="_(?:token|id)" value=")[^"]*/g, "$1"); }
  function copyOf(response) {
    return response.text().then(function (html) {
      return new Response(asCopy(html), { status: 200, headers: { "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": response.headers.get("Content-Security-Policy") || "default-src 'none'" } });
    });
  }

  return {
    base: base, forms: "huiyin.portal.forms", all: all, get: get, put: put, add: add, remove: remove,
    clearSent: clearSent, newId: newId, recordOf: recordOf, submission: submission, sendAll: sendAll, copyOf: copyOf
  };
})(self);
