// Package connect is what the server and the client under test of
// connectrpc.com/conformance share: the framing of what the suite tells them
// through their standard input, and its notions of headers and errors.
//
// The programs are in the folders server and client; folder gen is written by
// ../generate.
package connect
