/* “Is this a scam?”, answered on the page. The rules come with the page from scam-check.yaml; the same verdicts are
   given by surveys/scam_check.py, and a test runs every combination of answers through both. Nothing is sent or kept. */
(function () {
  "use strict";
  var MOST_GUIDES = 3;

  function holds(when, answers) {
    return Object.keys(when || {}).every(function (code) { return when[code].includes(answers[code]); });
  }

  function signsOf(rules, answers) {
    var there = rules.signs.filter(function (sign) { return holds(sign.when, answers); });
    var hidden = there.flatMap(function (sign) { return sign.replaces || []; });
    return there.filter(function (sign) { return !hidden.includes(sign.code); });
  }

  function guidesOf(rules, answers, least) {
    var scored = rules.guides.filter(function (one) { return holds(one.needs, answers); }).map(function (one) {
      var score = 0;
      Object.keys(one.fits).forEach(function (code) {
        if (one.fits[code].includes(answers[code])) { score += rules.questions[code]; }
      });
      return { guide: one.guide, score: score };
    });
    var best = scored.reduce(function (most, one) { return Math.max(most, one.score); }, 0);
    return scored.filter(function (one) { return one.score * 2 > best && one.score >= least; })
      .sort(function (a, b) { return b.score - a.score; }).slice(0, MOST_GUIDES)
      .map(function (one) { return one.guide; });
  }

  function judge(rules, answers) {
    var signs = signsOf(rules, answers);
    var open = Object.keys(rules.questions).some(function (code) { return (answers[code] || "unsure") === "unsure"; });
    var least = signs.length ? 0 : Math.max.apply(null, Object.values(rules.questions));
    var stop = signs.length >= rules.enough || signs.some(function (sign) { return sign.level === "stop"; });
    return {
      level: stop ? "stop" : signs.length || open ? "verify" : "nothing", open: open,
      signs: signs.map(function (sign) { return sign.code; }), guides: guidesOf(rules, answers, least)
    };
  }

  function answersIn(form) { return Object.fromEntries(new FormData(form)); }

  /* Show the rows that are named, in the order of their names, and their box if there is one. */
  function list(section, what, names) {
    var box = section.querySelector("[data-list=" + what + "]"), rows = box.querySelector("ul"), shown = 0;
    var byName = {};
    Array.from(rows.children).forEach(function (row) {
      byName[row.dataset[what]] = row;
      if (!row.hidden) { row.hidden = true; }
    });
    names.forEach(function (name) {
      var row = byName[name];
      if (row) { row.hidden = false; rows.append(row); shown += 1; }
    });
    box.hidden = !shown;
  }

  function show(section, verdict) {
    section.querySelectorAll("[data-level]").forEach(function (part) {
      var wanted = part.dataset.level === verdict.level, title = part.querySelector("h2");
      part.hidden = !wanted;
      if (wanted) { title.id = "verdict-title"; } else { title.removeAttribute("id"); }
    });
    section.dataset.verdict = verdict.level;
    section.querySelector("[data-open]").hidden = !verdict.open || verdict.level === "stop";
    list(section, "sign", verdict.signs);
    list(section, "guide", verdict.guides);
    section.querySelector("[data-all]").hidden = verdict.guides.length > 0;
    section.setAttribute("aria-labelledby", "verdict-title");
    section.hidden = false;
    section.focus({ preventScroll: true });
    section.scrollIntoView({ block: "start" });
  }

  document.addEventListener("DOMContentLoaded", function () {
    var form = document.querySelector("[data-scam-check]"), section = document.getElementById("verdict");
    if (!form) { return; }
    var rules = JSON.parse(document.getElementById("scam-check-rules").textContent);
    var none = form.querySelector(".check__none");

    form.addEventListener("change", function (event) {
      var code = event.target.name, now = form.querySelector('[data-now="' + code + '"]');
      now.hidden = !(rules.alone[code] || []).includes(event.target.value);
      none.hidden = true;
      if (!section.hidden) { section.hidden = true; }
    });
    form.addEventListener("submit", function (event) {
      var answers = answersIn(form);
      event.preventDefault();
      none.hidden = Object.keys(answers).length > 0;
      if (none.hidden) { show(section, judge(rules, answers)); }
    });
    form.addEventListener("reset", function () {
      form.querySelectorAll("[data-now]").forEach(function (now) { now.hidden = true; });
      section.hidden = none.hidden = true;
    });
    section.querySelector("[data-again]").addEventListener("click", function () {
      form.reset();
      form.querySelector("input").focus();
    });
  });
})();
