// Package templates holds the message templates that come with herald. A
// campaign takes one by its name, with its ending or without:
//
//	message: {body: product-announcement, ...}
//
// A file of the same name in the campaign's folder comes first, so a template
// is changed by copying it there. README.md lists the columns and constants
// that each uses.
package templates

import "embed"

// FS holds the templates, and the partials that they include.
//
//go:embed *.html partials/*.html
var FS embed.FS
