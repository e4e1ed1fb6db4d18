package page

import "embed"

// assets are the files of the page as they stand in the repository: they are
// written by hand, and nothing is built from them.
//
//go:embed assets
var assets embed.FS
