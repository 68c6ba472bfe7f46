// Share progress: copying a summary with its formatting, and the page as a popover in the session.
(() => {
  "use strict";
  const base = document.body.dataset.base;

  const copyOf = async (root) => {
    const text = root.querySelector("#summary").value;
    const formatted = root.querySelector("[data-html]");
    if (!formatted || !window.ClipboardItem) return navigator.clipboard.writeText(text);
    const parts = { "text/plain": text, "text/html": formatted.innerHTML };
    const blobs = Object.entries(parts).map(([type, part]) => [type, new Blob([part], { type })]);
    return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  };
  const enable = (root) => {
    const button = root.querySelector("[data-copy-summary]");
    if (!button || !navigator.clipboard) return;
    const form = button.closest("form");
    const how = form.querySelector("#how");
    button.hidden = false;
    how.textContent = root.querySelector("[data-html]") ? "Copies formatted and plain text together." : "Copies it as text.";
    button.addEventListener("click", async () => {
      try {
        await copyOf(root);
      } catch {
        how.textContent = "The browser did not allow it. Select the text of the preview and copy it.";
        return;
      }
      button.lastElementChild.textContent = "Copied";
      how.setAttribute("role", "status");
      how.textContent = "Copied. Paste it now.";
      fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    });
  };

  // The popover: the page of Share progress in a dialog of the session's page.
  const dialog = () => {
    let made = document.getElementById("share");
    if (!made) {
      made = document.createElement("dialog");
      made.id = "share";
      made.className = "wide";
      made.setAttribute("aria-label", "Share progress");
      document.body.append(made);
    }
    return made;
  };
  const load = async (address, options) => {
    const answer = await fetch(address, options);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!("share" in page.body.dataset)) { location.assign(answer.url); return; }
    const shown = dialog();
    shown.replaceChildren(...page.querySelector("main").childNodes);
    shown.querySelector("h1").tabIndex = -1;
    enable(shown);
    window.rflow.prepare(shown);
    window.rflow.showTimes(shown);
    if (!shown.open) shown.showModal();
    shown.scrollTop = 0;
    shown.querySelector("h1").focus();
  };
  const isShare = (address) => address.origin === location.origin && /\/sessions\/[^/]+\/share$/.test(address.pathname);
  const guarded = async (event, address, options) => {
    event.preventDefault();
    try { await load(address, options); } catch { location.assign(address); }
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    const inside = link.closest("dialog#share");
    if (inside && "close" in link.dataset) { event.preventDefault(); inside.close(); return; }
    if (isShare(new URL(link.href)) && (inside || "version" in document.body.dataset)) guarded(event, link.href);
  });
  addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest("dialog#share") || form.id !== "new-link") return;
    guarded(event, form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  });
  enable(document);
})();
