#!/usr/bin/env node
// Plain JavaScript because npm links a command when it installs, before anything is compiled.
require("../bin/cli/main.js");
