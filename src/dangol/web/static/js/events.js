/* Sends what a visitor does on a site to Dangol, in the shape of the Segment spec.

   <script src="https://crm.example/dangol-events.js" data-key="site_..." defer></script>

   Nothing is stored and no cookie is set before dangol.consent(true): until then a visitor has a new number on every
   page. Do Not Track and Global Privacy Control are obeyed: then nothing is sent at all. */
(function () {
  "use strict";
  var own = document.currentScript;
  if (!own || window.dangol) return;
  var key = own.getAttribute("data-key") || "";
  var address = own.getAttribute("data-to") || new URL("/api/v1/events", own.src).href;
  var VISITOR = "dangol.visitor", USER = "dangol.user", CONSENT = "dangol.consent";
  var memory = {}, waiting = [], timer = 0;

  function refused() {
    return navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl === true;
  }
  function consented() {
    try { return localStorage.getItem(CONSENT) === "yes"; } catch (blocked) { return false; }
  }
  function kept(name) {
    if (memory[name]) return memory[name];
    try { return consented() ? localStorage.getItem(name) || "" : ""; } catch (blocked) { return ""; }
  }
  function keep(name, value) {
    memory[name] = value;
    try {
      if (!consented()) return;
      if (value) localStorage.setItem(name, value); else localStorage.removeItem(name);
    } catch (blocked) { /* private window: the page's memory has to do */ }
  }
  function number() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    return "v" + Date.now().toString(36) + Math.random().toString(36).slice(2);
  }
  function visitor() {
    var id = kept(VISITOR);
    if (!id) { id = number(); keep(VISITOR, id); }
    return id;
  }
  function campaign() {
    var name = new URLSearchParams(location.search).get("utm_campaign");
    return name ? { name: name } : {};
  }
  function send() {
    clearTimeout(timer); timer = 0;
    if (!waiting.length || refused()) { waiting = []; return; }
    var body = JSON.stringify({ writeKey: key, sentAt: new Date().toISOString(), batch: waiting.splice(0, 50) });
    var blob = new Blob([body], { type: "text/plain" });
    if (!(navigator.sendBeacon && navigator.sendBeacon(address, blob))) {
      fetch(address, { method: "POST", body: blob, keepalive: true, mode: "no-cors", credentials: "omit" });
    }
    if (waiting.length) send();
  }
  function put(event) {
    if (refused()) return;
    event.messageId = number();
    event.anonymousId = visitor();
    if (kept(USER)) event.userId = event.userId || kept(USER);
    event.originalTimestamp = new Date().toISOString();
    event.context = { page: { path: location.pathname }, campaign: campaign() };
    waiting.push(event);
    if (!timer) timer = setTimeout(send, 1000);
  }

  window.dangol = {
    track: function (name, properties) { put({ type: "track", event: String(name), properties: properties || {} }); },
    page: function (name) { put({ type: "page", name: name ? String(name) : "", properties: {} }); },
    identify: function (user) { keep(USER, String(user)); put({ type: "identify", userId: String(user) }); },
    /* The visitor signed out: what follows belongs to nobody known. */
    reset: function () { send(); keep(USER, ""); keep(VISITOR, ""); },
    /* true: the visitor agreed to being recognised on the next visit. false: everything that was kept is removed. */
    consent: function (given) {
      try {
        if (given) {
          localStorage.setItem(CONSENT, "yes");
          keep(VISITOR, visitor());
          if (memory[USER]) keep(USER, memory[USER]);
        } else {
          [CONSENT, VISITOR, USER].forEach(function (name) { localStorage.removeItem(name); });
          memory = {};
        }
      } catch (blocked) { /* nothing can be kept here anyway */ }
    }
  };
  addEventListener("pagehide", send);
  if (own.getAttribute("data-page") !== "off") window.dangol.page();
})();
