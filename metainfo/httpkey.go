package metainfo

// HTTPKey converts a key to the form it has in HTTP headers: letters become
// lower case, underscores hyphens, so A_B becomes a-b. A key that has that
// form already is returned as it is.
//
// [RPCKey] undoes it for keys in UPPER_SNAKE_CASE; of any other key the
// receiver sees the upper-case form. Of keys that end in -bin then, gRPC's
// headers have the value in base64.
func HTTPKey(key string) string {
	for i := range len(key) {
		if toHTTP(key[i]) != key[i] {
			return string(appendMapped(make([]byte, 0, len(key)), key, toHTTP))
		}
	}
	return key
}

// RPCKey converts a key from the form it has in HTTP headers: letters become
// upper case, hyphens underscores, so a-b becomes A_B.
func RPCKey(key string) string {
	for i := range len(key) {
		if toRPC(key[i]) != key[i] {
			return string(appendMapped(make([]byte, 0, len(key)), key, toRPC))
		}
	}
	return key
}

// AppendHTTPName appends the whole name of the HTTP header that carries key:
// the prefix of its kind and its HTTP form. It reports false, and appends
// nothing, if the key is empty or has a byte that no HTTP header name may
// have; such a value cannot travel over HTTP.
func AppendHTTPName(b []byte, kind Kind, key string) ([]byte, bool) {
	if key == "" {
		return b, false
	}
	for i := range len(key) {
		if !isToken(key[i]) {
			return b, false
		}
	}
	return appendMapped(append(b, kind.HTTPPrefix()...), key, toHTTP), true
}

func appendMapped(b []byte, s string, f func(byte) byte) []byte {
	for i := range len(s) {
		b = append(b, f(s[i]))
	}
	return b
}

func toHTTP(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c == '_':
		return '-'
	}
	return c
}

func toRPC(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z':
		return c - 'a' + 'A'
	case c == '-':
		return '_'
	}
	return c
}

// isToken reports whether c is a tchar of RFC 9110 section 5.6.2, of which
// header names are made.
func isToken(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}

// cutFold cuts prefix, which is in lower case, from the front of s without
// regard to the case of ASCII letters.
func cutFold(s, prefix string) (rest string, found bool) {
	if len(s) < len(prefix) {
		return s, false
	}
	for i := range len(prefix) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return s, false
		}
	}
	return s[len(prefix):], true
}
