// Loaded into the emulator before it starts. Ten minutes after its start Azurite looks for content that no blob refers to, and answers nothing
// while it does: a minute, after thousands of tests. An emulator of tests ends before that content matters.
"use strict";

const { createRequire } = require("node:module");

createRequire(process.argv[1])("./blob/utils/constants").DEFAULT_GC_INTERVAL_MS = 24 * 60 * 60 * 1000;
