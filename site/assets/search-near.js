/* What the search falls back on: parts of what was typed, names of pages that sound like it (pinyin, its initials,
   characters that sound the same), and words that are misspelt by a letter or two. The same rules stand in
   portal/search.py, search_sounds.py and search_spelling.py; a test holds them together. */
(function () {
  "use strict";
  var HAN = /[\u3400-\u9fff\uf900-\ufaff]/;
  var HAN_RUN = /[\u3400-\u9fff\uf900-\ufaff]+/g;
  var LONGEST = 6;
  var sounds;

  function sum(list) { return list.reduce(function (a, b) { return a + b; }, 0); }
  function unique(list) { return Array.from(new Set(list)); }

  function soundOf(run) {
    return sounds.names[run] || Array.from(run, function (sign) { return sounds.signs[sign] || sign; }).join(" ");
  }
  function alike(sound) { return sound.replace(/([zcs])h/g, "$1").replace(/ng/g, "n"); }
  function hanRuns(text) { return (text.match(HAN_RUN) || []).filter(function (run) { return run.length > 1; }); }
  function syllables(spaced) { return spaced.split(" ").length; }

  var spoken = new WeakMap();
  function namesOf(entry) {
    if (!spoken.has(entry)) {
      spoken.set(entry, unique([entry.title].concat(entry.tags).flatMap(hanRuns).map(soundOf)));
    }
    return spoken.get(entry);
  }

  function spelt(name, letters) {
    var parts = name.split(" "), typed = alike(letters), whole = alike(parts.join(""));
    var initials = parts.map(function (part) { return part[0]; }).join("");
    if (letters === initials || typed === whole || (whole.length >= LONGEST && typed.includes(whole))) {
      return Math.min(parts.length + 1, LONGEST);
    }
    var begun = typed.length >= 4 && parts.some(function (_, at) { return alike(parts.slice(at).join("")).startsWith(typed); });
    return begun || (letters.length > 2 && initials.includes(letters)) ? 2 : 0;
  }

  function heardLength(name, runs, letters) {
    if (letters) { return spelt(name, letters); }
    var heard = alike(name);
    return runs.reduce(function (most, run) {
      var fits = (" " + run + " ").includes(" " + heard + " ") || (" " + heard + " ").includes(" " + run + " ");
      return fits ? Math.max(most, Math.min(syllables(run), syllables(heard), LONGEST)) : most;
    }, 0);
  }

  function soundScores(entries, query) {
    var runs = hanRuns(query).map(function (run) { return alike(soundOf(run)); });
    var letters = runs.length ? "" : (query.match(/[a-z]+/g) || []).join(""), pagesWith = new Map();
    var pages = entries.map(function (entry) {
      var found = new Map();
      namesOf(entry).forEach(function (name) {
        var length = heardLength(name, runs, letters);
        if (length) { found.set(alike(name), length); }
      });
      found.forEach(function (_, name) { pagesWith.set(name, (pagesWith.get(name) || 0) + 1); });
      return found;
    });
    return pages.map(function (found) {
      return sum(Array.from(found, function (one) {
        return 40 * one[1] * one[1] * (1 + Math.floor(pages.length / (1 + pagesWith.get(one[0]))));
      }));
    });
  }

  /* How many letters must be put in, left out or changed to make one word of the other. */
  function distance(one, other) {
    var row = Array.from({ length: other.length + 1 }, function (_, at) { return at; });
    for (var i = 1; i <= one.length; i++) {
      var before = row[0];
      row[0] = i;
      for (var j = 1; j <= other.length; j++) {
        var above = row[j];
        row[j] = Math.min(above + 1, row[j - 1] + 1, before + (one[i - 1] === other[j - 1] ? 0 : 1));
        before = above;
      }
    }
    return row[other.length];
  }

  function putRight(entries, terms, unknown) {
    var words = unique(entries.flatMap(function (entry) {
      return [entry.title].concat(entry.tags).flatMap(function (name) { return name.match(/[a-z\u00c0-\u024f]+/g) || []; });
    }));
    return terms.map(function (term) {
      if (!unknown.includes(term) || !/^[a-z\u00c0-\u024f]{4,}$/.test(term)) { return term; }
      var most = term.length >= 8 ? 2 : 1, best = most + 1, nearest = term;
      words.forEach(function (word) {
        var far = Math.abs(word.length - term.length) <= most ? distance(term, word) : best;
        if (far < best) { best = far; nearest = word; }
      });
      return nearest;
    });
  }

  function bySign(found) {
    var signs = {};
    Object.keys(found.signs).forEach(function (sound) {
      Array.from(found.signs[sound]).forEach(function (sign) { signs[sign] = sound; });
    });
    return { signs: signs, names: found.names };
  }

  function piecesOf(terms, small) {
    var pieces = [];
    terms.forEach(function (term) {
      if (!HAN.test(term) || term.length < 3) { pieces.push(term); return; }
      for (var i = 0; i + 2 <= term.length; i++) { pieces.push(term.slice(i, i + 2)); }
    });
    pieces = unique(pieces);
    var telling = pieces.filter(function (piece) { return !small.has(piece); });
    return telling.length ? telling : pieces;
  }

  /* A page needs three pieces; two, one of them in title or tags; or two fifths of those that any page has and a fourth
     of all of a few. */
  function enough(row, matched, known) {
    if (matched < 2) { return matched === 1 && row.length < 4 && known <= 2; }
    return matched >= 3 || Math.max.apply(null, row) >= 120 || (matched * 5 >= known * 2 && matched * 4 >= row.length);
  }

  /* No page has every term: rare pieces weigh more. */
  function loose(table) {
    var pagesWith = (table[0] || []).map(function (_, column) {
      return table.filter(function (row) { return row[column] > 0; }).length;
    });
    var known = pagesWith.filter(Boolean).length;
    return table.map(function (row) {
      var matched = row.filter(Boolean).length;
      if (!enough(row, matched, known)) { return 0; }
      return sum(row.map(function (value, column) {
        return value * (1 + Math.floor(table.length / (1 + pagesWith[column])));
      }));
    });
  }

  /* Words put right, else parts of the terms and names that sound like them. */
  function secondTry(asked) {
    var terms = asked.terms, gains = sounds ? soundScores(asked.entries, asked.query) : [];
    var unknown = terms.filter(function (_, column) { return !asked.table.some(function (row) { return row[column]; }); });
    var used = gains.some(Boolean) ? terms : putRight(asked.entries, terms, unknown);
    var totals = asked.strict(asked.tableOf(used));
    if (used.join() === terms.join() || !totals.some(Boolean)) {
      used = piecesOf(used, asked.small);
      totals = loose(asked.tableOf(used));
    }
    return { terms: used, totals: totals.map(function (total, index) { return total + (gains[index] || 0); }) };
  }

  /* `found` is the table of sounds, null for a language that needs none. */
  self.huiyinNear = function (found) {
    sounds = found && bySign(found);
    return secondTry;
  };
})();
