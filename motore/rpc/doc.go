// Package rpc holds the words that every protocol shares: the facts of one
// call ([Info]), who talks to whom ([Endpoint]), where ([Address]), and how a
// handler reaches them ([FromContext]).
package rpc
