/* Read aloud, paragraph by paragraph, by the browser's own voice. Only a voice that lives on the device will do, so
   that nothing is sent anywhere; where there is none of the page's language, nothing is offered. */
(function () {
  "use strict";
  var BLOCKS = "h1, h2, h3, h4, p, li, dt, dd, blockquote, caption, tr, figcaption, summary";
  var SILENT = "table, ul, ol, dl, svg, script, style, [hidden], [aria-hidden=true]";
  /* Numbers to dial: a line of the police or of an office, or a long number, unless a unit follows. */
  var DIALLED = new RegExp("(^|[^\\d.,:/¥-])(0\\d{2,3}-\\d{7,8}|1[012]\\d|12\\d{3}|9[56]\\d{3}|\\d{7,})" +
    "(?![.,:/-]?\\d|%|\\s*(?:[元块万亿人个天日年月分秒岁页份条次米]|小时|公里|yuan|people|days|hours|minutes|years|km))", "g");
  var synthesis = window.speechSynthesis, voice, box, go, end, parts = [], at = 0, turn = 0, current;
  if (!synthesis || !window.SpeechSynthesisUtterance) { return; }

  function tagOf(one) { return one.lang.toLowerCase().replace("_", "-"); }
  function ownVoice() {
    var page = document.documentElement.lang.split("-")[0];
    /* A voice of Cantonese is marked as Chinese too, and is another language. */
    var own = synthesis.getVoices().filter(function (one) {
      var tag = tagOf(one);
      return one.localService && (tag.split("-")[0] === page || page === "zh" && tag.startsWith("cmn")) && tag !== "zh-hk";
    });
    return own.find(function (one) { return one.default; }) ||
      own.find(function (one) { return tagOf(one).endsWith("-cn"); }) || own[0];
  }

  function digitByDigit(number) {
    var digits = Array.from(number.replace(/-/g, ""));
    if (!document.documentElement.lang.startsWith("zh")) { return digits.join(" "); }
    return digits.map(function (digit) { return "零幺二三四五六七八九"[digit]; }).join("");
  }
  function spoken(text) {
    return text.replace(DIALLED, function (_, before, number) { return before + digitByDigit(number); })
      .replace(/\s+/g, " ").trim();
  }
  function wordsOf(block) {
    var copy = block.cloneNode(true);
    copy.querySelectorAll("a[href^='tel:']").forEach(function (link) {
      link.textContent = link.textContent.replace(/\d{3,}/g, digitByDigit);
    });
    if (block.matches("tr")) {
      return Array.from(copy.cells, function (cell) { return cell.textContent.trim(); }).join(", ");
    }
    copy.querySelectorAll(BLOCKS + "," + SILENT).forEach(function (inner) { inner.remove(); });
    return copy.textContent;
  }
  function read() {
    return Array.from(document.getElementById("content").querySelectorAll(BLOCKS)).filter(function (block) {
      return block.getClientRects().length && !block.parentElement.closest("tr");
    }).map(function (block) { return { block: block, text: spoken(wordsOf(block)) }; })
      .filter(function (part) { return part.text; });
  }

  function mark(block) {
    document.querySelectorAll(".spoken").forEach(function (old) { old.classList.remove("spoken"); });
    if (!block) { return; }
    block.classList.add("spoken");
    block.scrollIntoView({ block: "nearest" });
  }
  function say() {
    var mine = turn += 1;
    if (at >= parts.length) { stop(); return; }
    mark(parts[at].block);
    /* Kept, because a browser may forget one that nothing holds, and never tell that it ended. */
    current = new SpeechSynthesisUtterance(parts[at].text);
    current.voice = voice;
    current.lang = voice.lang;
    current.onend = function () { if (mine === turn) { at += 1; say(); } };
    current.onerror = function () { if (mine === turn) { stop(); } };
    synthesis.speak(current);
    show("going");
  }
  function hush() { turn += 1; synthesis.cancel(); }
  /* Browsers on phones cannot pause a voice: it stops, and goes on with the paragraph from its beginning. */
  function pause() { hush(); show("paused"); }
  function stop() { hush(); mark(null); at = 0; parts = []; show(""); }

  function show(state) {
    box.dataset.state = state;
    go.textContent = box.dataset[{ going: "pause", paused: "resume" }[state] || "start"];
    end.hidden = !state;
  }
  function press() {
    if (box.dataset.state === "going") { pause(); return; }
    if (!parts.length) { parts = read(); }
    say();
  }
  function offer() {
    voice = ownVoice();
    box.hidden = !voice;
  }

  document.addEventListener("DOMContentLoaded", function () {
    box = document.querySelector(".speak");
    if (!box) { return; }
    go = box.querySelector("[data-go]");
    end = box.querySelector("[data-end]");
    go.addEventListener("click", press);
    end.addEventListener("click", function () { stop(); go.focus(); });
    addEventListener("pagehide", stop);
    synthesis.onvoiceschanged = offer;
    offer();
  });
})();
