/* A reply card's code leads here with its number, and under the fold its secret, behind the # of the address, which
   a browser sends to no server. They are put into their fields and taken out of the address. Without this script
   they are typed in. */
(function () {
  "use strict";
  var found = /^#card=([0-9]{10})(?:\.([0-9]{20}))?$/.exec(location.hash);
  if (!found) { return; }
  var number = document.getElementById("q-_card_number");
  var secret = document.getElementById("q-_card_secret");
  if (number && secret) {
    number.value = found[1];
    secret.value = found[2] ? found[2].replace(/(....)(?=.)/g, "$1 ") : secret.value;
  }
  history.replaceState(null, "", location.pathname + location.search);
}());
