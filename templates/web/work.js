// What the pages for those who are signed in can do with a script: times in the reader's zone, shortcuts, drafts that
// survive a reload, signing out in every tab. All of them work without it.
(() => {
  "use strict";
  const { base, user } = document.body.dataset;

  // Times

  const words = (at, options) => at.toLocaleString("en-GB", options);
  const clock = (at) => words(at, { hour: "2-digit", minute: "2-digit" });
  const day = (at) => words(at, { day: "numeric", month: "short" });
  const full = (at) => `${day(at)} ${at.getFullYear()}, ${clock(at)}`;
  const moment = (at) => {
    const now = new Date();
    if (at.toDateString() === now.toDateString()) return clock(at);
    return at.getFullYear() === now.getFullYear() ? `${day(at)}, ${clock(at)}` : full(at);
  };
  const forms = { clock, full, moment, ago: full };
  const showTimes = (root) => root.querySelectorAll("time[data-as]").forEach((element) => {
    const at = new Date(element.dateTime);
    element.title = full(at);
    element.textContent = (forms[element.dataset.as] ?? full)(at);
  });
  showTimes(document);

  // Signing out reaches the other tabs

  const others = "BroadcastChannel" in window ? new BroadcastChannel(`rflow${base}`) : null;
  const signInAgain = () => location.assign(`${base}/sign-in?next=${encodeURIComponent(location.pathname.slice(base.length) + location.search)}`);
  if ("signedOut" in document.body.dataset) others?.postMessage("signed out");
  else if (user) others?.addEventListener("message", (event) => { if (event.data === "signed out") signInAgain(); });
  // A page from the browser's memory is an old one: after going back it is loaded again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Shortcuts

  const dialog = document.getElementById("shortcuts");
  const ways = { w: "/", i: "/inbox", s: "/shares" };
  let after = "";
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
    if (!user || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "/") { document.getElementById("find").focus(); event.preventDefault(); }
    else if (after === "g" && ways[event.key]) location.assign(base + ways[event.key]);
    after = event.key;
  });

  // Drafts: what was typed into a form marked with data-draft is there again after a reload or a sign-out

  const keyOf = (form) => `draft ${user} ${location.pathname} ${form.dataset.draft}`;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type) && field.tagName !== "BUTTON");
  const keep = (form) => {
    const typed = fieldsOf(form).filter((field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
    const values = typed.map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? `${field.value}=${field.checked}` : field.value]);
    if (values.length) sessionStorage.setItem(keyOf(form), JSON.stringify(values));
    else sessionStorage.removeItem(keyOf(form));
  };
  const restore = (form) => {
    const values = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "[]");
    for (const [name, value] of values) {
      for (const field of fieldsOf(form).filter((each) => each.name === name)) {
        if (field.type === "checkbox" || field.type === "radio") { if (value.startsWith(`${field.value}=`)) field.checked = value.endsWith("=true"); }
        else if (field.value === field.defaultValue) field.value = value;
      }
    }
    for (let place = form.closest("details"); values.length && place; place = place.parentElement.closest("details")) place.open = true;
  };
  const watch = (root) => root.querySelectorAll("form[data-draft]").forEach((form) => {
    restore(form);
    form.addEventListener("input", () => keep(form));
    form.addEventListener("submit", () => sessionStorage.setItem("sent", keyOf(form)));
  });
  // A form that was sent and worked leads to a page with a notice, or to another page: its draft is done with.
  const sent = sessionStorage.getItem("sent");
  sessionStorage.removeItem("sent");
  if (sent && user && !document.querySelector("[data-refused]")) sessionStorage.removeItem(sent);
  watch(document);

  window.rflow = { showTimes, watch };
})();
