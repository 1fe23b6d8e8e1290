// Package console uses `volo console` as a user does: the program is run, and
// its page looked at in a headless Chromium, with servers of both protocols
// behind it.
//
//	go test -v ./integration/console
//	go test -run Look ./integration/console -look=DIR   pictures for people
package console
