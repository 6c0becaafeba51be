/* Keeps the forms of the portal for use without a network, and what could not be sent. KEPT is written in front of
   this file. It asks the network first; the copies serve when there is none or it is too slow. Cases, suggestions
   and the staff's pages are never kept. */
importScripts("static/queue.js");
(function () {
  "use strict";
  var OURS = "huiyin.portal.", CORE = OURS + "core." + KEPT.version, FORMS = HuiyinQueue.forms;
  var PATIENCE = 4000;
  var FORM = new RegExp("^" + KEPT.base + "(?:s/[^/]+|kiosk/[^/]+|take|take/[^/]+)$");

  function ignore() { /* What fails here fails again when it is asked for. */ }
  function later() { return new Promise(function (resolve) { setTimeout(resolve, PATIENCE); }); }

  /* The address under which a page is kept: what the form adds when it is sent does not belong to it. */
  function addressOf(url) {
    var query = new URLSearchParams(url.search);
    query.delete("sent");
    query.sort();
    var rest = query.toString();
    return url.pathname + (rest ? "?" + rest : "");
  }
  function kept(address) {
    return [CORE, FORMS].reduce(function (found, name) {
      return found.then(function (response) {
        return response || caches.open(name).then(function (cache) { return cache.match(address, { ignoreVary: true }); });
      });
    }, Promise.resolve());
  }
  function put(name, address, response) {
    return HuiyinQueue.copyOf(response).then(function (copy) {
      return caches.open(name).then(function (cache) { return cache.put(address, copy); });
    });
  }

  function keep(response, address, form) {
    var html = (response.headers.get("Content-Type") || "").indexOf("text/html") === 0;
    if (response.status === 200 && !response.redirected && html) { return put(form ? FORMS : CORE, address, response); }
    /* A survey that has closed is not to be answered on an old copy. */
    if (response.status === 404 && form) {
      return caches.open(FORMS).then(function (cache) { return cache.delete(address); });
    }
    return null;
  }

  /* A page that is not kept leads to the list of those that are. */
  function fallback() { return kept(KEPT.base + "waiting").then(function (page) { return page || Response.error(); }); }

  /* Any other page says that it needs a network, in words of the site, whose worker keeps them. */
  function without(request, url) {
    var asked = url.searchParams.get("lang") || navigator.language.split("-")[0];
    return fetch(request).catch(function () {
      return caches.match((asked === "zh" ? "/" : "/en/") + "needs-network.html", { ignoreVary: true });
    }).then(function (response) {
      return response || fallback();
    });
  }

  function page(event, url, form) {
    var address = addressOf(url), network = fetch(event.request);
    var stored = network.then(function (response) { return response.clone(); });
    event.waitUntil(stored.then(function (response) { return keep(response, address, form); }).catch(ignore));
    return Promise.race([stored.then(function () { return network; }), later()]).catch(ignore).then(function (response) {
      if (response && response.status < 500) { return response; }
      return kept(address).then(function (copy) { return copy || network.catch(fallback); });
    });
  }

  function file(request, url) {
    return fetch(request).catch(function () {
      return kept(addressOf(url)).then(function (copy) { return copy || Response.error(); });
    });
  }

  /* A form that was sent from a fresh page and did not arrive, or whose answer did not: it waits under the id of its
     token, so that the server knows it if it did arrive. */
  function sendForm(event, url) {
    var spare = event.request.clone();
    return fetch(event.request).catch(function (away) {
      return spare.formData().then(function (data) {
        var pairs = [];
        data.forEach(function (value, name) { pairs.push([name, String(value)]); });
        var record = HuiyinQueue.recordOf(pairs, url.pathname + url.search);
        if (!record.grant) { throw away; }
        return HuiyinQueue.add(record).then(function () {
          if (self.registration.sync) { self.registration.sync.register("huiyin.send").catch(ignore); }
          return Response.redirect(KEPT.base + "waiting?lang=" + record.language, 303);
        });
      }).catch(function () { return Response.error(); });
    });
  }

  addEventListener("fetch", function (event) {
    var request = event.request, url = new URL(request.url);
    if (url.origin !== location.origin) { return; }
    var form = FORM.test(url.pathname);
    if (request.mode === "navigate") {
      if (request.method === "POST" && url.pathname.indexOf(KEPT.base + "s/") === 0) { event.respondWith(sendForm(event, url)); }
      else if (request.method === "GET" && (form || KEPT.pages.indexOf(url.pathname) >= 0)) {
        event.respondWith(page(event, url, form));
      } else if (request.method === "GET") { event.respondWith(without(request, url)); }
    } else if (request.method === "GET" && KEPT.files.indexOf(addressOf(url)) >= 0) {
      event.respondWith(file(request, url));
    }
  });

  function inLanguages(pages) {
    return pages.concat.apply(pages, KEPT.languages.map(function (language) {
      return pages.map(function (address) { return address + "?lang=" + language; });
    }));
  }
  addEventListener("install", function (event) {
    event.waitUntil(caches.open(CORE).then(function (cache) {
      var files = KEPT.files.map(function (address) { return new Request(address, { cache: "no-cache" }); });
      return Promise.all([cache.addAll(files)].concat(inLanguages(KEPT.pages).map(function (address) {
        return fetch(address, { cache: "no-cache" }).then(function (response) {
          if (!response.ok) { throw new Error(address); }
          return put(CORE, address, response);
        });
      })));
    }).then(function () { return self.skipWaiting(); }));
  });

  addEventListener("activate", function (event) {
    event.waitUntil(caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) {
        return name.indexOf(OURS + "core.") === 0 && name !== CORE;
      }).map(function (name) { return caches.delete(name); }));
    }).then(function () { return self.clients.claim(); }));
  });

  addEventListener("sync", function (event) {
    if (event.tag !== "huiyin.send") { return; }
    event.waitUntil(HuiyinQueue.sendAll().then(function (count) {
      if (count.later) { throw new Error("later"); }
    }));
  });
})();
