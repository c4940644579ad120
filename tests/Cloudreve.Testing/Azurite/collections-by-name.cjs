// Loaded into the emulator before it starts. Azurite keeps a collection for each table, and looks for it in a list at every request;
// a run of tests makes thousands of tables. Here collections are found by their name at once. Nothing else is changed.
"use strict";

const { createRequire } = require("node:module");

const fromAzurite = createRequire(process.argv[1]);
const loki = fromAzurite("lokijs").prototype;
const tables = fromAzurite("./table/persistence/LokiTableMetadataStore").default.prototype;

const indexes = new WeakMap();

function indexOf(db) {
  let index = indexes.get(db);
  if (index === undefined) {
    index = new Map(db.collections.map((collection) => [collection.name, collection]));
    indexes.set(db, index);
  }
  return index;
}

loki.getCollection = function (name) {
  return indexOf(this).get(name) ?? null;
};

for (const method of ["removeCollection", "renameCollection", "loadCollection", "loadJSONObject"]) {
  const original = loki[method];
  loki[method] = function (...args) {
    indexes.delete(this);
    return original.apply(this, args);
  };
}

const addCollection = loki.addCollection;
loki.addCollection = function (name, options) {
  const index = indexOf(this);
  const known = index.get(name);
  if (known !== undefined) return known;
  const added = addCollection.call(this, name, options);
  index.set(name, added);
  return added;
};

// A table exists if its collection does; the original asks all names with a regular expression.
const checkIfTableExists = tables.checkIfTableExists;
tables.checkIfTableExists = function (collection, model, context) {
  if (this.db.getCollection(this.getTableCollectionName(model.account, model.table)) !== null) {
    checkIfTableExists.call(this, collection, model, context);
  }
};
