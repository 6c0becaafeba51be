/* Search by substring, because Chinese has no spaces to split at. The same rules stand in portal/search.py,
   which answers where scripts are off; a test holds the two together. */
(function () {
  "use strict";
  var HAN = /[\u3400-\u9fff\uf900-\ufaff]/;
  var RUNS = /[\u3400-\u9fff\uf900-\ufaff]+|[^\u3400-\u9fff\uf900-\ufaff]+/g;
  var LATIN = /[0-9a-z\u00c0-\u024f]/;
  var SMALL_WORDS = new Set(("a an the i my me he his him she her it they them we you your to of for from in on at by is " +
    "am are was be been and or that this with do does did has have had ask asked tell told say said want wanted " +
    "someone somebody how what when where why which who can get got 我想 我要 我的 怎么 么办 什么 一个 这个 那个 有人 可以 没有 " +
    "不是 是不 说我 让我 要我 给我 叫我").split(" "));
  var FIGURES = /^\/(?:[^/]+\/)?reports\//;
  var SECTIONS_SHOWN = 2;
  var TEASER_LENGTH = 90;

  function fold(text) {
    return text.replace(/[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/g, function (wide) {
      return String.fromCharCode(wide.charCodeAt(0) - 0xfee0);
    }).toLowerCase();
  }

  function unique(list) { return Array.from(new Set(list)); }

  function termsOf(query) {
    var terms = [];
    fold(query).split(/[^\p{L}\p{N}]+/u).forEach(function (word) {
      (word.match(RUNS) || []).forEach(function (run) {
        terms.push(!HAN.test(run) && run.length > 3 && run.endsWith("s") ? run.slice(0, -1) : run);
      });
    });
    terms = unique(terms);
    var large = terms.filter(function (term) { return !SMALL_WORDS.has(term) && !SMALL_WORDS.has(term + "s"); });
    return large.length ? large : terms;
  }

  /* Where a term stands in a text: anywhere for Chinese, at the start of a word otherwise. */
  function places(text, term, most) {
    var found = [], at = text.indexOf(term), han = HAN.test(term);
    while (at >= 0 && found.length < most) {
      if (han || at === 0 || !LATIN.test(text[at - 1])) { found.push(at); }
      at = text.indexOf(term, at + term.length);
    }
    return found;
  }
  function holds(text, term) { return places(text, term, 1).length > 0; }

  function prepare(pack) {
    return pack.pages.map(function (page) {
      return {
        page: page, title: fold(page.title), summary: fold(page.summary), tags: page.tags.map(fold),
        headings: page.sections.map(function (one) { return fold(one.title); }),
        texts: page.sections.map(function (one) { return fold(one.text); })
      };
    });
  }

  function score(entry, term) {
    var total = 0;
    if (entry.title === term) { total += 400; }
    else if (entry.title.startsWith(term)) { total += 240; }
    else if (holds(entry.title, term)) { total += 200; }
    if (entry.tags.includes(term)) { total += 180; }
    else if (entry.tags.some(function (tag) { return holds(tag, term); })) { total += 120; }
    if (holds(entry.summary, term)) { total += 60; }
    if (entry.headings.some(function (heading) { return holds(heading, term); })) { total += 50; }
    var count = 0;
    entry.texts.forEach(function (text) { count += places(text, term, 5).length; });
    return total + 6 * Math.min(count, 5);
  }

  function sum(list) { return list.reduce(function (a, b) { return a + b; }, 0); }

  function strict(table) {
    return table.map(function (row) { return row.every(Boolean) ? sum(row) : 0; });
  }

  function tableOf(parts) {
    return entries.map(function (entry) { return parts.map(function (part) { return score(entry, part); }); });
  }

  /* Reports name every office and service: without a term in the title they stand behind all other pages. */
  function behind(entry, terms) {
    return FIGURES.test(entry.page.url) && !terms.some(function (term) { return holds(entry.title, term); });
  }

  function rank(query) {
    var terms = termsOf(query);
    if (!terms.length) { return []; }
    var table = tableOf(terms), first = strict(table);
    var found = { terms: terms, totals: first };
    if (near && !first.some(Boolean)) {
      found = near({ entries: entries, query: fold(query), terms: terms, table: table, tableOf: tableOf, strict: strict, small: SMALL_WORDS });
    }
    return found.totals.map(function (total, index) {
      return { entry: entries[index], score: total, index: index, terms: found.terms, behind: behind(entries[index], found.terms) };
    }).filter(function (hit) { return hit.score > 0; })
      .sort(function (a, b) { return a.behind - b.behind || b.score - a.score || a.index - b.index; });
  }

  function escape(text) {
    return text.replace(/[&<>"]/g, function (sign) {
      return { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[sign];
    });
  }

  function mark(text, terms) {
    var folded = fold(text), inside = new Array(text.length).fill(false), html = "";
    terms.forEach(function (term) {
      places(folded, term, 50).forEach(function (at) { inside.fill(true, at, at + term.length); });
    });
    for (var i = 0; i < text.length; i++) {
      if (inside[i] && !inside[i - 1]) { html += "<mark>"; }
      html += escape(text[i]);
      if (inside[i] && !inside[i + 1]) { html += "</mark>"; }
    }
    return html;
  }

  function insideWord(text, at) {
    return at > 0 && at < text.length && LATIN.test(text[at - 1]) && LATIN.test(text[at]);
  }

  function teaser(text, terms) {
    var folded = fold(text);
    var first = terms.map(function (term) { return places(folded, term, 1)[0]; })
      .filter(function (at) { return at !== undefined; });
    var start = Math.max(0, (first.length ? Math.min.apply(null, first) : 0) - 20);
    var end = Math.min(text.length, start + TEASER_LENGTH);
    while (insideWord(folded, start)) { start--; }
    while (insideWord(folded, end)) { end++; }
    return (start ? "…" : "") + mark(text.slice(start, end), terms) + (end < text.length ? "…" : "");
  }

  function item(hit) {
    var page = hit.entry.page, terms = hit.terms;
    var result = [{ location: page.url, title: mark(page.title, terms), text: teaser(page.summary, terms), score: hit.score, terms: {} }];
    page.sections.forEach(function (section, index) {
      var found = terms.some(function (term) { return holds(hit.entry.headings[index], term) || holds(hit.entry.texts[index], term); });
      if (found && section.id && result.length <= SECTIONS_SHOWN) {
        result.push({ location: page.url + "#" + section.id, title: mark(section.title, terms), text: teaser(section.text, terms), score: hit.score, terms: {} });
      }
    });
    return result;
  }

  var SETUP = 0, READY = 1, QUERY = 2, RESULT = 3;
  var ENOUGH = 5;
  var address, loading, near = null, complete = false, latest = "", entries = [], shards = [], untouched = false, chinese = false;

  function read(path) {
    return fetch(path).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.json();
    });
  }

  function load() {
    loading = loading || read(address).then(function (pack) {
      entries = prepare(pack);
      shards = pack.shards || [];
      chinese = pack.language.startsWith("zh");
      untouched = true;
    });
    return loading;
  }

  /* What finds by parts of words, by sound and by spelling is fetched when the terms as they stand find nothing. Without
     a network the search goes on without the table of sounds, and asks for it again with the next question. */
  function loadNear() {
    try {
      if (!self.huiyinNear) { importScripts("search-near.js"); }
    } catch (failed) { return Promise.resolve(); }
    var table = address.replace(/[^/]*$/, "sounds.json");
    return (chinese ? read(table) : Promise.resolve(null)).then(function (found) {
      near = self.huiyinNear(found);
      complete = true;
    }, function () { near = self.huiyinNear(null); });
  }

  function needsNear(hits, query) {
    var terms = termsOf(query);
    return !complete && terms.length > 0 && !(hits.length && hits[0].terms.join() === terms.join());
  }

  /* Above a thousand pages their texts lie in shards, read one by one as long as too little is found without. */
  function loadShard() {
    var name = shards[0];
    return read(address.replace(/[^/]*$/, name)).then(function (texts) {
      if (shards[0] !== name) { return; }
      shards.shift();
      untouched = false;
      entries = prepare({ pages: entries.map(function (entry) {
        return Object.assign({}, entry.page, { sections: texts[entry.page.url] || entry.page.sections });
      }) });
    });
  }

  /* Pages with a part of the words are enough only in titles and tags: the texts may hold a page with all of them. */
  function suffices(hits, query) {
    return hits.length >= ENOUGH && (untouched || hits[0].terms.join() === termsOf(query).join());
  }

  function reply(query, asked) {
    if (query !== latest) { return null; }
    var hits = rank(query);
    if (!asked && needsNear(hits, query)) { return loadNear().then(function () { return reply(query, true); }); }
    postMessage({ type: RESULT, data: { items: hits.map(item) } });
    return shards.length && !suffices(hits, query) ? loadShard().then(function () { return reply(query); }) : null;
  }

  /* The theme's page knows of no search that failed: it is told past the theme. */
  function tellAway() {
    if (!self.BroadcastChannel) { return; }
    var channel = new BroadcastChannel("huiyin.search");
    channel.postMessage("away");
    channel.close();
  }

  /* The pack is fetched at the first letter typed, so that a reader who never searches never pays for it. */
  function answer(query) {
    latest = query;
    if (!query.trim()) { postMessage({ type: RESULT, data: { items: [] } }); return; }
    load().then(function () { return reply(query); }, function () { loading = undefined; tellAway(); }).catch(function () {
      /* A shard did not come: what was found without it stands. */
    });
  }

  onmessage = function (event) {
    if (event.data.type === SETUP) { address = event.data.data.config.pack; postMessage({ type: READY }); }
    if (event.data.type === QUERY) { answer(event.data.data); }
  };
})();
