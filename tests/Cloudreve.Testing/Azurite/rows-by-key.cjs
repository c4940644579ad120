// Loaded into the emulator before it starts. Azurite asks for a row by its partition first, and looks at all rows of the partition, at every
// write: a partition of ten thousand rows costs milliseconds for each row of a batch, where Azure Tables has an index. It keeps an index of row
// keys, too: here they come first, since few partitions share one. What is found is the same.
"use strict";

const { createRequire } = require("node:module");

const { Resultset } = createRequire(process.argv[1])("lokijs");
const { find } = Resultset.prototype;

// Every folder has a row of this key.
const header = "!";

Resultset.prototype.find = function (query, firstOnly) {
  const { PartitionKey, RowKey } = query ?? {};
  if (this.filterInitialized || typeof PartitionKey !== "string" || typeof RowKey !== "string" || RowKey === header || Object.keys(query).length !== 2)
    return find.call(this, query, firstOnly);
  return find.call(this, { RowKey, PartitionKey }, firstOnly);
};
