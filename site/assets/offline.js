/* The page "Reading offline" and the page that is shown when there is no network. The copies are those that
   /worker.js looks for; what is to be kept stands in offline.json of each language, with its digest. */
(function () {
  "use strict";
  var OURS = "huiyin.site.", SAVED = OURS + "saved", VISITED = OURS + "visited";
  var AT_ONCE = 4;

  function megabytes(bytes) { return Math.max(0.1, bytes / 1048576).toFixed(1) + " MB"; }

  function digest(response) {
    return response.arrayBuffer().then(function (body) { return crypto.subtle.digest("SHA-256", body); })
      .then(function (hash) {
        return Array.from(new Uint8Array(hash).slice(0, 8), function (byte) {
          return byte.toString(16).padStart(2, "0");
        }).join("");
      });
  }

  /* What of the list is not kept yet, or was kept before it changed. */
  function missingFrom(cache, list) {
    return Promise.all(list.map(function (file) {
      return cache.match(file.url, { ignoreVary: true }).then(function (copy) { return copy && digest(copy); })
        .then(function (found) { return found !== file.digest; });
    })).then(function (missing) { return list.filter(function (_, index) { return missing[index]; }); });
  }

  function keepPages(box) {
    var words = box.dataset, line = box.querySelector("[role=status]"), bar = box.querySelector("progress");
    var button = box.querySelectorAll("button")[0], remove = box.querySelectorAll("button")[1];
    var list = [], left = [], going = false, something = false;

    function pages(files) { return files.filter(function (file) { return file.url.endsWith("/"); }).length; }
    function bytes(files) { return files.reduce(function (total, file) { return total + file.bytes; }, 0); }
    function say(name) {
      line.textContent = words[name].replace("{pages}", pages(list)).replace("{size}", megabytes(bytes(list)))
        .replace("{done}", pages(list) - pages(left));
    }

    function draw(name) {
      var begun = left.length < list.length;
      say(name || (going ? "going" : !left.length ? "whole" : begun ? "part" : "offer"));
      bar.hidden = !going;
      bar.max = bytes(list) || 1;
      bar.value = bytes(list) - bytes(left);
      button.hidden = !left.length;
      button.textContent = going ? words.stop :
        words[begun ? "resume" : "start"].replace("{size}", megabytes(bytes(left)));
      remove.hidden = going || !(something || begun);
    }

    function keep(cache, file) {
      return fetch(file.url, { cache: "no-cache" }).then(function (response) {
        if (!response.ok || response.redirected) { throw new Error(file.url); }
        return cache.put(file.url, response);
      }).then(function () { return caches.open(VISITED); })
        .then(function (visited) { return visited.delete(file.url, { ignoreVary: true }); })
        .then(function () {
          left = left.filter(function (other) { return other !== file; });
          if (going) { draw(); }
        });
    }

    /* Each of a few lines takes the next file when it is done with one; what is kept already is never fetched again. */
    function run() {
      var queue = left.slice();
      going = true;
      draw();
      if (navigator.storage && navigator.storage.persist) { navigator.storage.persist(); }
      return caches.open(SAVED).then(function (cache) {
        function next() {
          var file = going && queue.shift();
          return file ? keep(cache, file).then(next) : null;
        }
        return Promise.all(Array.from({ length: AT_ONCE }, next));
      }).then(function () { going = false; draw(); }, function (fault) {
        going = false;
        draw(fault.name === "QuotaExceededError" ? "full" : "failed");
      });
    }

    button.addEventListener("click", function () {
      if (going) { going = false; draw(); } else { run(); }
    });
    remove.addEventListener("click", function () {
      Promise.all([caches.delete(SAVED), caches.delete(VISITED)]).then(function () {
        left = list.slice();
        something = false;
        draw("removed");
        button.focus();
      });
    });

    function kept(name) {
      return caches.open(name).then(function (cache) { return cache.keys(); });
    }

    Promise.all([kept(SAVED), kept(VISITED)]).then(function (keys) {
      something = keys.flat().length > 0;
      return fetch(box.dataset.list, { cache: "no-cache" });
    }).then(function (response) { return response.json(); }).then(function (found) {
      list = found;
      return caches.open(SAVED).then(function (cache) { return missingFrom(cache, list); });
    }).then(function (missing) {
      left = missing;
      draw();
    }, function () { draw("away"); });
  }

  /* Titles are read from the copies themselves; what is needed first stands first. */
  function listPages(section) {
    var root = section.dataset.kept, other = section.dataset.other;
    function urgency(page) {
      var at = ["emergency", "check", "guides", "policies"].indexOf(page.address.slice(root.length).split("/")[0]);
      return at < 0 ? 9 : at;
    }
    function own(address) {
      return address.startsWith(root) && address.endsWith("/") && address !== root &&
        (other.length < root.length || !address.startsWith(other));
    }
    caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return name.startsWith(OURS); }).map(function (name) {
        return caches.open(name).then(function (cache) {
          return cache.keys().then(function (keys) {
            return Promise.all(keys.map(function (key) { return new URL(key.url).pathname; })
              .filter(own).map(function (address) {
                return cache.match(address, { ignoreVary: true }).then(function (copy) { return copy.text(); })
                  .then(function (html) {
                    var heading = new DOMParser().parseFromString(html, "text/html").querySelector("h1");
                    return { address: address, title: heading ? heading.textContent.trim() : address };
                  });
              }));
          });
        });
      }));
    }).then(function (found) {
      found.flat().sort(function (a, b) { return urgency(a) - urgency(b); }).forEach(function (page) {
        var item = document.createElement("li"), link = document.createElement("a");
        link.href = page.address;
        link.textContent = page.title;
        item.append(link);
        section.querySelector("ul").append(item);
        section.hidden = false;
      });
    });
  }

  var box = document.querySelector("[data-list]"), section = document.querySelector("[data-kept]");
  if (box && "caches" in window && "serviceWorker" in navigator && crypto.subtle) { keepPages(box); }
  else if (box) { box.querySelector("[role=status]").textContent = box.dataset.cannot; }
  if (section && "caches" in window) { listPages(section); }
  /* A search that was sent here opens by itself; where no list of pages is kept, the page beneath says what is left. */
  if (document.querySelector("[data-forms]") && "BroadcastChannel" in window) {
    new BroadcastChannel("huiyin.search").addEventListener("message", function () {
      var open = document.getElementById("__search");
      if (open && open.checked) { open.click(); }
    }, { once: true });
  }
  var forms = document.querySelector("[data-forms]");
  if (forms && "caches" in window) {
    caches.has("huiyin.portal.forms").then(function (some) { forms.hidden = !some; });
  }
})();
