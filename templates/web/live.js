// Keeps a shared session up to date without reloading the page: asks for it again whenever it has changed.
(() => {
  "use strict";
  const here = location.pathname;
  const note = document.getElementById("live");
  const LIVE = "Live: updates by itself.";
  let version = document.body.dataset.version;
  let ended = false;
  let asking = false;
  let again = false;

  const say = (text, state) => {
    note.textContent = "snapshot" in note.dataset && state === "live" ? "" : text;
    note.dataset.state = state;
  };

  const end = () => {
    ended = true;
    source?.close();
    say("This link has ended. What you see is how it stood.", "ended");
  };

  // What the reader has unfolded stays so.
  const unfolded = () => [...document.querySelectorAll("main details")].map((one) => one.open);

  const refresh = async () => {
    again = true;
    if (asking) return;
    asking = true;
    while (again && !ended) {
      again = false;
      if (await look()) continue;
      say("No connection. Trying again …", "lost");
      await new Promise((done) => setTimeout(done, 3000));
      again = true;
    }
    asking = false;
  };

  // Asks for the page and shows what is new; false where that failed, so that it is done again.
  const look = async () => {
    try {
      const answer = await fetch(here, { headers: { "X-Rflow-Live": "1" }, cache: "no-cache" });
      if (answer.status === 404) end();
      if (!answer.ok) return ended;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (fresh.body.dataset.version === version) {
        if (note.dataset.state === "lost") say(LIVE, "live");
        return true;
      }
      const open = unfolded();
      document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
      document.querySelectorAll("main details").forEach((one, at) => { one.open = open[at] ?? one.open; });
      document.title = fresh.title;
      version = fresh.body.dataset.version;
      const now = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
      say(`Live. Updated ${now}.`, "live");
      return true;
    } catch {
      return false;
    }
  };

  const source = "EventSource" in window ? new EventSource(`${here}/events`) : null;
  source?.addEventListener("version", (event) => {
    if (event.data !== version) refresh();
    else if (note.dataset.state !== "live") say(LIVE, "live");
  });
  source?.addEventListener("ended", end);
  source?.addEventListener("error", () => { if (!ended) say("No connection. Trying again …", "lost"); });
  // Where events don't come through (some proxies hold them back), a look now and then.
  setInterval(() => { if (!source || source.readyState !== 1) refresh(); }, 10000);
})();
