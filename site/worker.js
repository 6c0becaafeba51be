/* Keeps the site readable without a network. What it keeps (KEPT) is written in front of this file when the site is
   finished. It asks the network first and falls back on its copies, so that nobody reads what is out of date. */
(function () {
  "use strict";
  var OURS = "huiyin.site.";
  var CORE = OURS + "core." + KEPT.version, VISITED = OURS + "visited", SAVED = OURS + "saved";
  var MOST_VISITED = 80;
  var PATIENCE = 2000;
  var DOUBT = 30000;
  var PARTS = ["script", "style", "image", "worker"];
  var doubtUntil = 0;

  function ignore() { /* What fails here fails again when it is asked for. */ }
  function beginsWithOneOf(address, starts) {
    return starts.some(function (start) { return address.startsWith(start); });
  }
  function named(name, address) {
    return caches.open(name).then(function (cache) { return cache.match(address, { ignoreVary: true }); });
  }

  /* The first copy that one of the named caches holds. */
  function firstIn(names, address) {
    return names.reduce(function (found, name) {
      return found.then(function (response) { return response || named(name, address); });
    }, Promise.resolve());
  }
  function kept(address) { return firstIn([CORE, SAVED, VISITED], address); }

  function shelf(address) {
    if (address in KEPT.core) { return Promise.resolve(CORE); }
    return named(SAVED, address).then(function (response) { return response ? SAVED : VISITED; });
  }

  /* A page that is visited again moves to the end, so that the longest unread goes first. */
  function put(address, response) {
    return shelf(address).then(function (name) {
      return caches.open(name).then(function (cache) {
        return cache.delete(address).then(function () { return cache.put(address, response); })
          .then(function () { return cache.keys(); })
          .then(function (keys) {
            var surplus = name === VISITED ? keys.slice(0, Math.max(0, keys.length - MOST_VISITED)) : [];
            return Promise.all(surplus.map(function (key) { return cache.delete(key); }));
          });
      });
    });
  }
  function worthKeeping(response, page) {
    var html = (response.headers.get("Content-Type") || "").startsWith("text/html");
    return response.status === 200 && response.type === "basic" && !response.redirected && (html || !page);
  }

  function differ(one, other) {
    return Promise.all([one.text(), other.text()]).then(function (texts) { return texts[0] !== texts[1]; });
  }
  function tell(client, address) {
    if (client) { client.postMessage({ renewed: address }); }
  }

  function unavailable(page) {
    return page ? page.blob().then(function (body) {
      return new Response(body, { status: 503, headers: page.headers });
    }) : Response.error();
  }
  function awayPage(address) {
    var folder = Object.keys(KEPT.away).filter(function (start) { return address.startsWith(start); })
      .sort(function (a, b) { return b.length - a.length; })[0];
    return named(CORE, KEPT.away[folder]).then(unavailable);
  }

  /* A page of the portal is never kept: without a network a page says so, in the language that was asked for. */
  function portalPage(request, url) {
    return fetch(request).catch(function () {
      var asked = url.searchParams.get("lang") || navigator.language.split("-")[0];
      return named(CORE, KEPT.portal[asked in KEPT.portal ? asked : Object.keys(KEPT.portal)[0]]).then(unavailable);
    });
  }

  function later() { return new Promise(function (resolve) { setTimeout(resolve, PATIENCE); }); }

  /* From the network; from the copy when there is no network or it is too slow. */
  function answer(event, address, page) {
    var network = fetch(KEPT.fresh.includes(address) ? new Request(event.request.url, { cache: "no-cache" }) : event.request);
    var copy = kept(address), spare = copy.then(function (old) { return old && old.clone(); });
    var stored = network.then(function (response) {
      doubtUntil = 0;
      return Promise.all([worthKeeping(response, page) ? response.clone() : null, spare]);
    });
    var given = Promise.race([network, later()]).catch(ignore).then(function (response) {
      if (response && response.status < 500) { return response; }
      doubtUntil = Date.now() + DOUBT;
      return copy.then(function (old) {
        if (!old) { return network.catch(function () { return page ? awayPage(address) : Response.error(); }); }
        stored.then(function (pair) {
          return page && pair[0] && differ(pair[0].clone(), pair[1]).then(function (changed) {
            return changed && self.clients.get(event.resultingClientId).then(function (client) { tell(client, address); });
          });
        }).catch(ignore);
        return old;
      });
    });
    event.waitUntil(given.then(function () { return stored; }).then(function (pair) {
      return pair[0] && put(address, pair[0]);
    }).catch(ignore));
    return given;
  }

  addEventListener("fetch", function (event) {
    var request = event.request, url = new URL(request.url), page = request.mode === "navigate";
    if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("Range")) { return; }
    if (beginsWithOneOf(url.pathname, KEPT.otherScopes)) {
      if (page) { event.respondWith(portalPage(request, url)); }
      return;
    }
    if (!page && !PARTS.includes(request.destination) && !/\/search\/[^/]+\.json$/.test(url.pathname)) { return; }
    event.respondWith(page || Date.now() > doubtUntil ? answer(event, url.pathname, page) :
      kept(url.pathname).then(function (old) { return old || answer(event, url.pathname, page); }));
  });

  function oldCores() {
    return caches.keys().then(function (names) {
      return names.filter(function (name) { return name.startsWith(OURS + "core.") && name !== CORE; });
    });
  }

  function digest(response) {
    return response.arrayBuffer().then(function (body) { return crypto.subtle.digest("SHA-256", body); })
      .then(function (hash) {
        return Array.from(new Uint8Array(hash).slice(0, 8), function (byte) {
          return byte.toString(16).padStart(2, "0");
        }).join("");
      });
  }

  /* What has not changed since the last release is taken over and not fetched again. */
  function fill(cache, names, address) {
    return firstIn(names, address).then(function (old) {
      return old && digest(old.clone()).then(function (found) { return found === KEPT.core[address] && old; });
    }).then(function (same) {
      return same ? cache.put(address, same) : cache.add(new Request(address, { cache: "no-cache" }));
    });
  }

  addEventListener("install", function (event) {
    /* Browsers that can leave these files to the network without waking the worker. */
    if (event.addRoutes) {
      KEPT.otherScopes.forEach(function (scope) {
        ["cors", "no-cors", "same-origin"].forEach(function (mode) {
          event.addRoutes({ condition: { urlPattern: { pathname: scope + "*" }, requestMode: mode }, source: "network" })
            .catch(ignore);
        });
      });
    }
    event.waitUntil(Promise.all([caches.open(CORE), oldCores()]).then(function (both) {
      return Promise.all(Object.keys(KEPT.core).map(function (address) { return fill(both[0], both[1], address); }));
    }).then(function () { return self.skipWaiting(); }));
  });

  /* A page that was open while the site was renewed is told so; one that was opened before the worker is kept. */
  function renew(client, names) {
    var address = new URL(client.url).pathname;
    if (beginsWithOneOf(address, KEPT.otherScopes)) { return Promise.resolve(); }
    return Promise.all([firstIn(names, address), fetch(address, { cache: "no-cache" })]).then(function (both) {
      var old = both[0], fresh = both[1];
      if (!worthKeeping(fresh, true)) { return null; }
      var changed = old ? differ(old, fresh.clone()) : false;
      return Promise.all([changed, put(address, fresh)]).then(function (done) { return done[0] && tell(client, address); });
    }).catch(ignore);
  }

  addEventListener("activate", function (event) {
    event.waitUntil(Promise.all([oldCores(), self.clients.claim()]).then(function (both) {
      var old = both[0];
      return self.clients.matchAll({ type: "window" }).then(function (clients) {
        return Promise.all(clients.map(function (client) { return renew(client, old.concat(SAVED, VISITED)); }));
      }).then(function () {
        return Promise.all(old.map(function (name) { return caches.delete(name); }));
      });
    }));
  });
})();
