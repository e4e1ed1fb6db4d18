package isapi

import "strings"

// AlertType is the word that Alert.Type has for a native event type, the type
// itself where there is no word. known reports whether there is one.
func AlertType(native string) (word string, known bool) {
	if word, ok := aliases[strings.ToLower(native)]; ok {
		return word, true
	}
	return native, false
}
