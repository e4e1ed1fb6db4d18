return {heads = require "site.heads", common = require "common"}
