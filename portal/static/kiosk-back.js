/* After the thanks of a plain form: back to the question, without leaving the thanks behind in the history. */
setTimeout(function () { location.replace(document.querySelector("[data-back]").href); }, 5000);
