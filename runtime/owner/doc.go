// Package owner keeps a folder the property of its user. A command that root
// gives by hand in the site of a service would leave files behind there that
// the service can neither read nor replace.
package owner
