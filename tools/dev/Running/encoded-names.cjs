// Loaded into the emulator before it starts. Azure encodes names of blobs that XML cannot hold, those with control characters. Azurite
// fails instead: a single such name makes the listing of its container impossible, and ends the scan for new blobs.
"use strict";

const { createRequire } = require("node:module");

const xml = createRequire(process.argv[1])("./blob/generated/utils/xml");
const unprintable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;
const stringify = xml.stringifyXML;

function encode(value) {
  if (Array.isArray(value)) return value.map(encode);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === "Name" && typeof inner === "string" && unprintable.test(inner)
        ? { $: { Encoded: "true" }, _: encodeURIComponent(inner) }
        : encode(inner),
    ]),
  );
}

xml.stringifyXML = (body, options) => stringify(body?.Blobs === undefined ? body : encode(body), options);
