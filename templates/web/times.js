// Times as pages show them, in the reader's zone: served at the beginning of the script of each page.
const times = (() => {
  "use strict";
  const words = (at, options) => new Date(at).toLocaleString("en-GB", options);
  const clock = (at) => words(at, { hour: "2-digit", minute: "2-digit" });
  const day = (at) => words(at, { day: "numeric", month: "short" });
  const full = (at) => `${day(at)} ${new Date(at).getFullYear()}, ${clock(at)}`;
  const moment = (at, now) => {
    if (new Date(at).toDateString() === new Date(now).toDateString()) return clock(at);
    return new Date(at).getFullYear() === new Date(now).getFullYear() ? `${day(at)}, ${clock(at)}` : full(at);
  };

  const ago = (at) => {
    const minutes = Math.round((Date.now() - at) / 60000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min ago`;
    return minutes < 600 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min ago` : moment(at, Date.now());
  };

  return { words, clock, day, full, moment, ago };
})();
