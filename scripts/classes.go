package scripts

import "strings"

// Fields are the names of the fields of a class of the stubs, "hik.Event", in their order.
func Fields(class string) []string {
	var fields []string
	for _, f := range ForEditors() {
		_, rest, found := strings.Cut(string(f.Text), "---@class "+class+"\n")
		for line := range strings.Lines(rest) {
			field, ok := strings.CutPrefix(line, "---@field ")
			if !found || !ok {
				break
			}
			name, _, _ := strings.Cut(field, " ")
			fields = append(fields, strings.TrimSuffix(name, "?"))
		}
	}
	return fields
}
