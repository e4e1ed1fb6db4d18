local M = {}
-- REPORT_PREFIX is set by the script that uses this.
function M.line(text) return (REPORT_PREFIX or "report") .. ": " .. text end
return M
