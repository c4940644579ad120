// Loaded into the emulator before it starts. Ctrl+C and a closing terminal reach every process of a run at once, but the app still
// writes to its storage while it ends. The emulator waits for the SIGTERM that follows.
"use strict";

const once = process.once;
process.once = function (event, listener) {
  return event === "SIGINT" ? this : once.call(this, event, listener);
};

for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
