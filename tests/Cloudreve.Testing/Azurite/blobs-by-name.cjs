// Loaded into the emulator before it starts. Azurite asks for a blob by account, container, name and snapshot in this order, and lists by a
// regular expression: either way it looks at all blobs of the account, at every request. It keeps an index of names, too: here names come
// first, and a prefix is a range of them. What is found is the same.
"use strict";

const { createRequire } = require("node:module");

const { Resultset } = createRequire(process.argv[1])("lokijs");
const { find } = Resultset.prototype;

function isOfBlobs(query) {
  return query?.name !== undefined && query.containerName !== undefined;
}

Resultset.prototype.find = function (query, firstOnly) {
  if (this.filterInitialized || !isOfBlobs(query)) return find.call(this, query, firstOnly);
  if (typeof query.name === "string") return find.call(this, { name: query.name, ...query }, firstOnly);
  const { $regex: expression } = query.name;
  if (typeof expression !== "string" || !expression.startsWith("^")) return find.call(this, query, firstOnly);
  const prefix = expression.slice(1).replace(/\\(.)/gs, "$1");
  return find.call(find.call(this, { name: { $between: [prefix, prefix + "\uffff"] } }), query, firstOnly);
};
