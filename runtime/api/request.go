package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	jsonType = "application/json"
	// maxBody bounds what a request sends; maxProgram does so for one that sends
	// a program.
	maxBody    = 1 << 20
	maxProgram = 16 << 20
)

// get makes a handler that takes nothing and answers with one value.
func get[Out any](do func(a *API, ctx context.Context) (Out, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		if _, err := query(r); err != nil {
			return err
		}
		out, err := do(a, r.Context())
		if err == nil {
			writeJSON(w, http.StatusOK, out)
		}
		return err
	}
}

// post makes a handler that takes an object and answers with one value.
func post[In, Out any](do func(a *API, ctx context.Context, in In) (Out, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		var in In
		if err := readBody(w, r, maxBody, &in); err != nil {
			return err
		}
		out, err := do(a, r.Context(), in)
		if err == nil {
			writeJSON(w, http.StatusOK, out)
		}
		return err
	}
}

// readBody reads the object that a request sends, wholly: the server does not
// notice that a client has gone while there is something to read.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	if _, err := query(r); err != nil {
		return err
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != jsonType {
		return failed(http.StatusUnsupportedMediaType, "misuse", r.URL.Path+" takes "+jsonType, "the header Content-Type says what is sent")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return failed(http.StatusRequestEntityTooLarge, "misuse", fmt.Sprintf("the request is over %d MB", limit>>20), "")
	}
	if err != nil {
		return badRequest("the request can't be read: %v", err)
	}
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("{")) {
		return failed(http.StatusBadRequest, "misuse", r.URL.Path+" takes an object as JSON", "{} where there is nothing to say")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err = dec.Decode(into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return badRequest("%q is not what %s takes there: %s", wrong.Field, r.URL.Path, wrongType(wrong))
	}
	if err != nil {
		return badRequest("the request does not fit %s: %s", r.URL.Path, strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); err != io.EOF {
		return badRequest("the request has something behind its object")
	}
	return nil
}

// wrongType says what a field wants, in words of JSON.
func wrongType(wrong *json.UnmarshalTypeError) string {
	want := map[reflect.Kind]string{
		reflect.Bool: "true or false", reflect.Int: "a whole number that is not too large", reflect.String: "text",
		reflect.Slice: "a list", reflect.Struct: "an object", reflect.Map: "an object",
	}[wrong.Type.Kind()]
	return "it is " + cmp.Or(want, "something else") + ", not " + wrong.Value
}

// query reads the query of a request, which may have these keys, each once.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query can't be read: %v", err)
	}
	for key, all := range values {
		switch {
		case !slices.Contains(known, key) && len(known) == 0:
			return nil, badRequest("%s takes no query, so no %q", r.URL.Path, key)
		case !slices.Contains(known, key):
			return nil, badRequest("%s does not take %q in its query: it takes %s", r.URL.Path, key, strings.Join(known, ", "))
		case len(all) > 1:
			return nil, badRequest("%q stands in the query more than once", key)
		}
	}
	return values, nil
}

// number reads a number of the query, 0 or more, if it is there.
func number(q url.Values, key string, into *int) error {
	if !q.Has(key) {
		return nil
	}
	n, err := strconv.ParseUint(q.Get(key), 10, 31)
	if err != nil {
		return badRequest("%s=%s: it is a whole number, 0 or more", key, q.Get(key))
	}
	*into = int(n)
	return nil
}

// moment reads a time of the query, if it is there.
func moment(q url.Values, key string, into *time.Time) error {
	if !q.Has(key) {
		return nil
	}
	t, err := time.Parse(time.RFC3339, q.Get(key))
	if err != nil {
		return badRequest("%s=%s: it is a time such as 2026-03-28T01:30:00+01:00 (a + in a query is written %%2B)", key, q.Get(key))
	}
	*into = t
	return nil
}

// needed is the error for a field that is empty.
func needed(field, value string) error {
	if value != "" {
		return nil
	}
	return badRequest("the request lacks %q", field)
}
