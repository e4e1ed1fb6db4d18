package scripts

import "strings"

// Fields are the names of the fields of a class of the stubs, "hik.Event", in their order.
func Fields(class string) []string {
	var fields []string
	for _, f := range ForEditors() {
		text := strings.ReplaceAll(string(f.Text), "---@class (exact) ", "---@class ")
		_, rest, found := strings.Cut(text, "---@class "+class+"\n")
		for line := range strings.Lines(rest) {
			field, ok := strings.CutPrefix(line, "---@field ")
			if !found || !ok {
				break
			}
			name, _, _ := strings.Cut(field, " ")
			if strings.HasPrefix(name, "[") {
				continue // of any name
			}
			fields = append(fields, strings.TrimSuffix(name, "?"))
		}
	}
	return fields
}
