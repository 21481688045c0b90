module.exports = require("pulumi-oss-cname/program");
