package site

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// CopyTo is the second place of an archive: a folder, or a bucket of S3 or of
// what is compatible with it.
type CopyTo struct {
	Address string // as site.yaml has it

	Folder string // relative to the site unless absolute; empty: it is a bucket

	Bucket   string
	Endpoint string // http:// or https:// address of the server; empty: that of AWS
	Region   string // empty: AWS_REGION of the environment, or us-east-1
	Prefix   string // folder in the bucket, without slashes around it; empty: none
}

// copyToKeys may stand behind the ? of an s3:// address.
var copyToKeys = []string{"endpoint", "region", "prefix"}

var (
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionForm = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	// letterDrive is a path of Windows, not an address.
	letterDrive = regexp.MustCompile(`^[A-Za-z]:[/\\]`)
	schemeForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
)

func readCopyTo(r *reader, n *yaml.Node, a *Archive) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	c, problem := parseCopyTo(text)
	if problem != "" {
		r.fail(n, "%s", problem)
		return
	}
	a.CopyTo = c
}

// parseCopyTo reads the address of a second place. Credentials have no place in
// it: they come from the environment. A problem never quotes what may be one.
func parseCopyTo(text string) (c *CopyTo, problem string) {
	if letterDrive.MatchString(text) || !schemeForm.MatchString(text) {
		return &CopyTo{Address: text, Folder: filepath.FromSlash(text)}, ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "is not a folder or an address such as s3://bucket"
	case u.User != nil:
		return nil, "no credentials in the address: they come from the environment"
	case u.Scheme == "file" && (u.Host != "" || !strings.HasPrefix(u.Path, "/")):
		return nil, "a file address has three slashes before its path (file:///srv/copies)"
	case u.Scheme == "file" && (u.RawQuery != "" || u.Fragment != ""):
		return nil, "a file address ends with its path"
	case u.Scheme == "file":
		return &CopyTo{Address: text, Folder: filepath.FromSlash(u.Path)}, ""
	case u.Scheme != "s3":
		return nil, fmt.Sprintf("scheme %s is none of s3, file", quoted(u.Scheme))
	case u.Host == "":
		return nil, "the address names no bucket (s3://bucket)"
	case !bucketForm.MatchString(u.Host):
		return nil, fmt.Sprintf("%s is no name of a bucket: 3 to 63 small letters, digits, dots and hyphens", quoted(u.Host))
	case strings.Trim(u.Path, "/") != "":
		return nil, "a folder in the bucket is written behind it: s3://" + u.Host + "?prefix=" + quoted(strings.Trim(u.Path, "/"))
	case u.Fragment != "":
		return nil, "the address has a # in it"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "what stands behind the ? is not such as endpoint=https://host&region=eu-central-1"
	}
	c = &CopyTo{Address: text, Bucket: u.Host}
	return c, c.readQuery(query)
}

func (c *CopyTo) readQuery(query url.Values) (problem string) {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if lower := strings.ToLower(name); strings.Contains(lower, "key") || strings.Contains(lower, "secret") || strings.Contains(lower, "token") || strings.Contains(lower, "password") {
			return "no credentials in the address: they come from the environment"
		}
		switch {
		case !slices.Contains(copyToKeys, name):
			hint := "known: " + strings.Join(copyToKeys, ", ")
			if near := nearest.Word(name, copyToKeys); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return fmt.Sprintf("unknown option %s (%s)", quoted(name), hint)
		case len(query[name]) > 1:
			return name + " is given twice"
		case query.Get(name) == "":
			return name + " is empty"
		}
	}
	c.Endpoint, c.Region, c.Prefix = strings.TrimSuffix(query.Get("endpoint"), "/"), query.Get("region"), strings.Trim(query.Get("prefix"), "/")
	if c.Endpoint != "" {
		e, err := url.Parse(c.Endpoint)
		switch {
		case err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "":
			return "endpoint is the address of the server, such as endpoint=https://s3.example.org:9000"
		case e.User != nil:
			return "no credentials in the address: they come from the environment"
		case e.RawQuery != "" || e.Fragment != "":
			return "endpoint ends with the server's name or path"
		}
	}
	if c.Region != "" && !regionForm.MatchString(c.Region) {
		return fmt.Sprintf("region %s is none (such as eu-central-1)", quoted(c.Region))
	}
	if query.Has("prefix") && (c.Prefix == "" || c.Prefix != path.Clean(c.Prefix) || strings.HasPrefix(c.Prefix, "..")) {
		return fmt.Sprintf("prefix %s is no folder in the bucket", quoted(query.Get("prefix")))
	}
	return ""
}

// clash says why the archive cannot be copied to a folder of the site in dir.
func (c *CopyTo) clash(dir, archive string) (problem string) {
	if c.Folder == "" {
		return ""
	}
	in := func(inner, outer string) bool {
		rel, err := filepath.Rel(below(dir, outer), below(dir, inner))
		return err == nil && filepath.IsLocal(rel)
	}
	switch {
	case in(c.Folder, archive), in(archive, c.Folder):
		return "the second place and the archive lie in one another"
	case in(c.Folder, "scripts"), in(c.Folder, "lib"):
		return "the second place lies among the scripts"
	}
	return ""
}

func below(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
