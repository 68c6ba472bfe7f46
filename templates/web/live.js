// Updates the page of a shared session without reloading it: fetches the page again whenever the session has changed.
(() => {
  "use strict";
  const address = location.pathname;
  const status = document.getElementById("live");
  const LIVE = "Live: updates by itself.";
  let version = document.body.dataset.version;
  let ended = false;
  let updating = false;
  let changed = false;

  const show = (text, state) => {
    status.textContent = "snapshot" in status.dataset && state === "live" ? "" : text;
    status.dataset.state = state;
  };

  const end = () => {
    ended = true;
    source?.close();
    show("This link has ended. What you see is how it stood.", "ended");
  };

  // Details that the reader has opened stay open.
  const openDetails = () => [...document.querySelectorAll("main details")].map((element) => element.open);

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
      const response = await fetch(address, { headers: { "X-Rflow-Live": "1" }, cache: "no-cache" });
      if (response.status === 404) end();
      if (!response.ok) return ended;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      if (fresh.body.dataset.version === version) {
        if (status.dataset.state === "lost") show(LIVE, "live");
        return true;
      }
      const open = openDetails();
      document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
      document.querySelectorAll("main details").forEach((element, at) => { element.open = open[at] ?? element.open; });
      document.title = fresh.title;
      version = fresh.body.dataset.version;
      const now = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
      show(`Live. Updated ${now}.`, "live");
      return true;
    } catch {
      return false;
    }
  };

  const source = "EventSource" in window ? new EventSource(`${address}/events`) : null;
  source?.addEventListener("version", (event) => {
    if (event.data !== version) refresh();
    else if (status.dataset.state !== "live") show(LIVE, "live");
  });
  source?.addEventListener("ended", end);
  source?.addEventListener("error", () => { if (!ended) show("No connection. Trying again …", "lost"); });
  // Some proxies hold events back: without a stream, check every ten seconds.
  setInterval(() => { if (!source || source.readyState !== 1) refresh(); }, 10000);
})();
