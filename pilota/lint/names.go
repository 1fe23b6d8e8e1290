package lint

import "regexp"

var (
	camelCase      = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	lowerSnakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	lowerCamelCase = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	upperSnakeCase = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	versioned      = regexp.MustCompile(`\.v[1-9][0-9]*((alpha|beta)[0-9]*|test.*)?$`)
	wordEnd        = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
)
