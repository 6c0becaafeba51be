// Moves on by itself while sheets are keyed in by number keys: once a key can be no longer one, and with Enter.
(function () {
  "use strict";
  var form = document.querySelector("form.keying");
  if (!form) return;
  var fields = Array.from(form.querySelectorAll("input.key, textarea, button:not(.quiet)"));

  function next(field) {
    var following = fields[fields.indexOf(field) + 1];
    if (!following) return;
    following.focus();
    if (following.select) following.select();
  }

  form.addEventListener("input", function (event) {
    var keys = (event.target.dataset.keys || "").split(" ").filter(Boolean);
    var typed = event.target.value.trim();
    if (!keys.includes(typed)) return;
    if (!keys.some(function (key) { return key !== typed && key.startsWith(typed); })) next(event.target);
  });
  form.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT" || event.target.type === "radio") return;
    event.preventDefault();
    next(event.target);
  });
  var first = form.querySelector("[aria-invalid]") || fields[0];
  if (first && form.dataset.first && !document.querySelector(".error-summary")) first.focus();
})();
