// What the pages for those who are signed in can do with a script: times in the reader's zone, shortcuts, drafts that
// survive a reload, signing out in every tab. All of them work without it.
(() => {
  "use strict";
  const { base, user } = document.body.dataset;
  const page = document.body.dataset.page ?? location.pathname + location.search; // not the address of a refused form

  // Times

  const { clock, full } = times;
  const moment = (at) => times.moment(at, Date.now());
  const forms = { clock, full, moment, since: times.ago };
  const showTimes = (root) => root.querySelectorAll("time[data-as]").forEach((element) => {
    const at = Date.parse(element.dateTime);
    element.title = full(at);
    element.textContent = (forms[element.dataset.as] ?? full)(at);
  });
  showTimes(document);
  const showSince = () => document.querySelectorAll("time[data-as=since]").forEach((element) => { element.textContent = times.ago(Date.parse(element.dateTime)); });
  setInterval(showSince, 30000);

  // Signing out reaches the other tabs

  const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`rflow${base}`) : null;
  let leaving = false;
  const signInAgain = () => {
    if (!leaving) location.assign(`${base}/sign-in?next=${encodeURIComponent(page.slice(base.length))}`);
    leaving = true;
  };
  if ("signedOut" in document.body.dataset) tabs?.postMessage("signed out");
  else if (user) tabs?.addEventListener("message", (event) => { if (event.data === "signed out") signInAgain(); });
  // A page from the browser's memory is an old one: after going back it is loaded again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Shortcuts

  const dialog = document.getElementById("shortcuts");
  const ways = { w: "/", i: "/inbox", s: "/shares" };
  let after = "";
  let before = "";
  const sequence = () => before === "g"; // the key before this one
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
    if (!user || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "/") { document.getElementById("find").focus(); event.preventDefault(); }
    else if (after === "g" && ways[event.key]) location.assign(base + ways[event.key]);
    before = after;
    after = event.key;
  });

  // Drafts: what was typed into a form marked with data-draft is there again after a reload or a sign-out

  const keyOf = (form) => `draft ${user} ${page} ${form.dataset.draft}`;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type) && field.tagName !== "BUTTON");
  const keep = (form) => {
    const typed = fieldsOf(form).filter((field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
    const values = typed.map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? `${field.value}=${field.checked}` : field.value]);
    // A text that replaces another one goes with that: if it was changed meanwhile, sending this one is a conflict.
    for (const { name } of typed) if (form.elements[`was_${name}`]) values.push([`was_${name}`, form.elements[`was_${name}`].value]);
    if (values.length) sessionStorage.setItem(keyOf(form), JSON.stringify(values));
    else sessionStorage.removeItem(keyOf(form));
  };
  const restore = (form) => {
    const values = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "[]");
    for (const [name, value] of values) {
      if (name.startsWith("was_") && form.elements[name]) form.elements[name].value = value;
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
  // A form that was sent and worked leads to another page, and its draft is done with. A refused one is shown again with
  // what was typed, or is not on the page: then its draft waits for it.
  const sent = sessionStorage.getItem("sent");
  sessionStorage.removeItem("sent");
  const isShown = () => [...document.querySelectorAll("form[data-draft]")].some((form) => keyOf(form) === sent);
  if (sent && user && (!("refused" in document.body.dataset) || isShown())) sessionStorage.removeItem(sent);
  watch(document);


  // Copying, and dropping files

  const prepare = (root) => {
    root.querySelectorAll("[data-copy]").forEach((button) => {
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
        button.lastChild.textContent = "Copied";
      });
    });
    root.querySelectorAll("[name=offset]").forEach((field) => {
      const until = field.form.elements.until;
      const hint = until?.closest("label").querySelector("small");
      if (hint) hint.textContent = "your time";
      until?.addEventListener("input", () => { field.value = until.value ? new Date(until.value).getTimezoneOffset() : ""; });
    });
  };
  const dropTarget = () => document.querySelector("form#add");
  const holdsFiles = (event) => dropTarget() && event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dropTarget().classList.add("dropping");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) dropTarget()?.classList.remove("dropping"); });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dropTarget().classList.remove("dropping");
    dropTarget().elements.evidence.files = event.dataTransfer.files;
    dropTarget().scrollIntoView({ block: "center" });
  });
  prepare(document);

  // A second click sends nothing more: the command's id would make it harmless, but its page would come twice.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if ("busy" in event.target.dataset) event.preventDefault();
    else setTimeout(() => { event.target.dataset.busy = ""; }, 0);
    setTimeout(() => { delete event.target.dataset.busy; }, 10000); // the answer never came
  });

  // Live: a step of somebody else shows at once, and what is being typed stays

  const status = document.getElementById("live");
  const { events } = document.body.dataset;
  let version = document.body.dataset.version;
  const show = (text, state) => { if (status) { const now = document.getElementById("live"); now.textContent = text; now.dataset.state = state; } };
  const filesOf = (page) => [...page.head.querySelectorAll("script, [rel=stylesheet]")].map((file) => file.outerHTML).join();
  const place = (element) => {
    const form = element?.closest?.("form[data-draft]");
    return form && element.name && element.matches("input:not([type=radio], [type=checkbox]), textarea, select") ? { draft: form.dataset.draft, name: element.name, start: element.selectionStart, end: element.selectionEnd } : null;
  };
  // What has the focus and is no text of a draft, such as a button: the one that reads the same in the new page.
  const twins = (element, root) => [...root.querySelectorAll(element.tagName)].filter((each) => each.outerHTML === element.outerHTML);
  const formOf = (draft) => [...document.querySelectorAll("form[data-draft]")].find((form) => form.dataset.draft === draft);

  // What was typed into a form that is no longer there: the session has moved on.
  const showUnsent = () => {
    const prefix = `draft ${user} ${page} `;
    const lost = Object.keys(sessionStorage).filter((key) => key.startsWith(prefix) && !formOf(key.slice(prefix.length)));
    const texts = lost.flatMap((key) => JSON.parse(sessionStorage.getItem(key)).filter(([name, value]) => !name.startsWith("was_") && !/=(true|false)$/.test(value)).map(([, value]) => value));
    if (!texts.length || document.getElementById("unsent")) return;
    const box = Object.assign(document.createElement("section"), { id: "unsent", className: "box hold stack tight" });
    const heading = Object.assign(document.createElement("h2"), { textContent: "You were typing, and the session has moved on" });
    const text = Object.assign(document.createElement("textarea"), { value: texts.join("\n"), rows: 2, readOnly: true });
    text.setAttribute("aria-label", "What you typed");
    const discard = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Discard it" });
    discard.addEventListener("click", () => { lost.forEach((key) => sessionStorage.removeItem(key)); box.remove(); });
    box.append(heading, text, discard);
    document.querySelector("main .cols")?.before(box);
  };

  const replaceMain = (fresh) => {
    const open = new Map([...document.querySelectorAll("main details[id]")].map((element) => [element.id, element.open]));
    const focused = place(document.activeElement);
    const control = !focused && document.activeElement.closest("main") ? document.activeElement : null;
    const nth = control ? twins(control, document.querySelector("main")).indexOf(control) : 0;
    const files = new Map([...document.querySelectorAll("form[data-draft] [type=file]")].filter((field) => field.files.length).map((field) => [field.form.dataset.draft, field]));
    const node = document.getElementById("at")?.dataset.node;
    const main = document.adoptNode(fresh.querySelector("main"));
    document.querySelector("main").replaceWith(main);
    main.querySelectorAll("details[id]").forEach((element) => { element.open = open.get(element.id) ?? element.open; });
    for (const [draft, field] of files) formOf(draft)?.querySelector("[type=file]")?.replaceWith(field);
    watch(main);
    prepare(main);
    showTimes(main);
    showOthers();
    const field = focused && formOf(focused.draft)?.elements[focused.name];
    if (field?.focus) {
      field.focus({ preventScroll: true });
      if (focused.start !== null && field.setSelectionRange) field.setSelectionRange(focused.start, focused.end);
    }
    if (control) twins(control, main).at(nth)?.focus({ preventScroll: true });
    document.title = fresh.title;
    version = fresh.body.dataset.version ?? "";
    const at = main.querySelector("#at");
    if (at && at.dataset.node !== node) { // a click that was meant for the question before must not answer this one
      at.inert = true;
      setTimeout(() => { at.inert = false; }, 1000);
    }
    showUnsent();
  };

  let updating = false;
  let wanted = false;
  const refresh = async () => {
    if ("refused" in document.body.dataset) { // the page gives back what was typed: it stays until that is sent
      show("It has changed since", "lost");
      return;
    }
    wanted = true;
    if (updating) return;
    updating = true;
    while (wanted) {
      wanted = false;
      try {
        const response = await fetch(page, { headers: { "X-Rflow-Live": "1" }, cache: "no-store" });
        if (response.redirected && new URL(response.url).pathname.endsWith("/sign-in")) { signInAgain(); return; }
        if (response.status === 404) { source?.close(); show("This session is gone, or you may no longer see it.", "ended"); return; }
        if (!response.ok) throw new Error(response.status);
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        if (filesOf(fresh) !== filesOf(document)) { location.reload(); return; }
        replaceMain(fresh);
        show("Live", "live");
      } catch {
        show("No connection. Trying again …", "lost");
        await new Promise((resolve) => setTimeout(resolve, 3000));
        wanted = true;
      }
    }
    updating = false;
  };
  const source = events && "EventSource" in window ? new EventSource(events) : null;
  source?.addEventListener("change", (event) => {
    if (version === undefined) { version = ""; show("Live", "live"); return; } // a list: what it shows is as new as the page
    if (version === "" || event.lastEventId !== version) refresh();
    else show("Live", "live");
  });
  let others = [];
  const showOthers = () => {
    const here = document.getElementById("here");
    if (here) here.textContent = others.length ? `Also here: ${others.join(", ")}` : "";
  };
  source?.addEventListener("here", (event) => { others = JSON.parse(event.data); showOthers(); });
  source?.addEventListener("ended", () => { source.close(); refresh(); });
  source?.addEventListener("error", () => show("No connection. Trying again …", "lost"));
  showUnsent();

  const go = (selector) => { const element = document.querySelector(selector); element?.focus(); return element; };
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (/^[1-9]$/.test(event.key)) document.querySelectorAll("#at .answer")[Number(event.key) - 1]?.focus();
    const kind = { s: "step", n: "note" }[event.key];
    if (kind && dropTarget() && !sequence()) {
      go(`#add [name=kind][value=${kind}]`)?.click();
      go("#add [name=text]");
      event.preventDefault();
    }
  });
  window.rflow = { prepare, showTimes };
})();
