// Updates the page of a shared session without reloading it, and shows its times in the reader's zone.
(() => {
  "use strict";
  const address = location.pathname;
  const status = document.getElementById("live");
  const LIVE = "Live";
  let { version, stale } = document.body.dataset;
  let contact = Date.now(); // when the server last answered
  let ended = false;
  let updating = false;
  let ahead = 0; // how far the reader's clock is ahead of the server's, which decides when the page is another one
  let changed = false;

  const show = (text, state) => {
    status.textContent = "snapshot" in status.dataset && state === "live" ? "" : text;
    status.dataset.state = state;
  };

  // Times

  const { words, clock, day, full, moment, ago } = times;

  const showAgo = () => document.querySelectorAll("time[data-as=ago]").forEach((element) => {
    element.title ||= element.textContent;
    element.textContent = ago(Date.parse(element.dateTime));
  });

  // The short form has times within its texts, which stay as they are: so do all its others, but those that say how
  // long ago something was.
  const showTimes = () => {
    if (document.querySelector("main").dataset.asOf) {
      const asOf = Date.now();
      const forms = { clock, full, moment: (at) => moment(at, asOf), ago: full };
      document.querySelectorAll("time").forEach((element) => {
        const at = Date.parse(element.dateTime);
        element.title = full(at);
        element.textContent = forms[element.dataset.as](at);
      });
      document.querySelectorAll("ol.steps").forEach((list) => showDays(list, asOf));
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      document.getElementById("zone").textContent = `Times are in your time zone (${zone}).`;
    }
    showAgo();
  };

  // A step has a day where it differs from that of the step before.
  const showDays = (list, asOf) => {
    let last = day(asOf);
    list.querySelectorAll(".day").forEach((element) => element.remove());
    list.querySelectorAll("li > .by > time").forEach((element) => {
      const today = day(Date.parse(element.dateTime));
      if (today !== last) element.before(Object.assign(document.createElement("span"), { className: "day", textContent: today }));
      last = today;
    });
  };

  // The end of the link

  const end = (announced) => {
    ended = true;
    source?.close();
    const now = Date.now();
    const expires = Date.parse(document.body.dataset.expires);
    const [from, to] = [moment(contact, now), clock(now)];
    let when = announced || from === to ? `at ${to}` : `between ${from} and ${to}`;
    if (expires <= now) when = `at ${moment(expires, now)}`;
    show(`This link ended ${when}. The page shows how things stood then.`, "ended");
    document.querySelectorAll(".bar nav, #ends, [href='?resume']").forEach((element) => element.remove()); // they would lead to no page
    document.title = `Ended: ${document.title}`;
  };

  // Updates

  // What the reader has opened stays open, and the keyboard stays where it was.
  const replaceMain = (fresh) => {
    const open = new Map([...document.querySelectorAll("main details")].map((element) => [element.id, element.open]));
    const focused = document.activeElement?.closest("main [id]")?.id;
    document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
    document.querySelectorAll("main details").forEach((element) => { element.open = open.get(element.id) ?? element.open; });
    if (focused) document.getElementById(focused)?.querySelector("summary, a, [tabindex]")?.focus({ preventScroll: true });
    document.title = fresh.title;
    ({ version, stale } = fresh.body.dataset);
    showTimes();
  };

  // The files of a page change with the server: an older script or style does not fit the new page.
  const filesOf = (page) => [...page.head.querySelectorAll("script, [rel=stylesheet]")].map((file) => file.outerHTML).join();

  const refresh = async () => {
    changed = true;
    if (updating) return;
    updating = true;
    while (changed && !ended) {
      changed = false;
      if (await update()) continue;
      show("No connection. Trying again …", "lost");
      await new Promise((done) => setTimeout(done, 3000));
      changed = true;
    }
    updating = false;
  };

  // Fetches the page and shows it if it is new; returns false if that failed and has to be repeated.
  const update = async () => {
    try {
      const response = await fetch(address + location.search, { headers: { "X-Rflow-Live": "1" }, cache: "no-cache" });
      if (response.status === 404) end(false);
      if (!response.ok) return ended;
      contact = Date.now();
      ahead = contact - Date.parse(response.headers.get("date")) || 0;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      if (filesOf(fresh) !== filesOf(document)) {
        location.reload();
      } else if (fresh.body.dataset.version !== version || fresh.body.dataset.stale !== stale) {
        replaceMain(fresh);
        show(`Live, updated ${words(contact, { hour: "2-digit", minute: "2-digit", second: "2-digit" })}`, "live");
      } else if (status.dataset.state === "lost") {
        show(LIVE, "live");
      }
      return true;
    } catch {
      return false;
    }
  };

  showTimes();
  // When a wait is overdue or a day has begun, the page is another one, though nothing was added.
  setInterval(() => {
    showAgo();
    if (Date.parse(stale) < Date.now() - ahead) refresh();
  }, 30000);
  const source = "EventSource" in window ? new EventSource(`${address}/events`) : null;
  source?.addEventListener("version", (event) => {
    contact = Date.now();
    if (event.data !== version) refresh();
    else if (status.dataset.state !== "live") show(LIVE, "live");
  });
  source?.addEventListener("ended", () => end(true));
  source?.addEventListener("error", () => {
    if (ended) return;
    if (status.dataset.state === "live") contact = Date.now();
    show("No connection. Trying again …", "lost");
  });
  // Some proxies hold events back: without a stream, check every ten seconds.
  setInterval(() => { if (!source || source.readyState !== 1) refresh(); }, 10000);
})();
