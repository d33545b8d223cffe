// The page works without this script; it adds what links and forms can't do.
"use strict";

// Reload when a file was saved; say so when herald has ended.
const events = new EventSource("events?have=" + document.body.dataset.version);
events.onmessage = () => location.reload();
events.onopen = () => { document.getElementById("ended").hidden = true; };
events.onerror = () => { document.getElementById("ended").hidden = false; };
addEventListener("pagehide", () => events.close());

// n and p step through the rows, / goes to the search.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) {
    return;
  }
  const step = { n: "next", p: "previous" }[event.key];
  if (step) {
    document.getElementById(step)?.click();
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("find")?.focus();
    document.getElementById("find")?.select();
  }
});

// The link that was followed keeps the focus, so that Enter goes on.
addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link?.dataset.slow !== undefined) {
    link.setAttribute("aria-busy", "true");
  }
  sessionStorage.setItem("focus", link?.id ?? "");
});
document.getElementById(sessionStorage.getItem("focus") || "none")?.focus({ preventScroll: true });
