// Package console is `volo console`: a page for browsers on which one looks at
// services and types, calls methods, and converses in streams.
//
//	c := console.New(console.Config{Target: "127.0.0.1:8888", Open: open})
//	fmt.Println(c.URL(listener.Addr()))
//	err := c.Serve(ctx, listener)
//
// The page is made of the plain files in assets, embedded as they are; what it
// knows and does comes from a small API of JSON. Everything about calling is
// package invoke's.
//
// # The API
//
//	GET    /api/peer                what is called, with what to begin
//	GET    /api/outline             services and types, see [invoke.Outline]
//	POST   /api/reload              reads the IDLs again, or asks the server again
//	POST   /api/check               {"method", "text"}: null, or an [invoke.Fault]
//	POST   /api/calls               makes a call, see below
//	POST   /api/calls/ID/messages   sends the body, a message of JSON
//	POST   /api/calls/ID/end        there are no more messages
//	DELETE /api/calls/ID            cancels the call
//
// What has not worked is {"error": an [invoke.Failure]} with a status of 4xx or
// 5xx, and beside it, if JSON is at fault, {"fault": an [invoke.Fault]}.
//
// # The life of a call
//
// A call is one request of HTTP. Its body says what is called; its answer is
// one event a line, as they happen, until the call has ended:
//
//	{"event":"begin","id":…}       for the requests about this call
//	{"event":"header","pairs":[…]} of gRPC
//	{"event":"sent","count":…}     a message, of a method that streams requests
//	{"event":"message","text":…}   an answer
//	{"event":"end","reply":…,"error":…}
//
// Each has "at_ns", the time since the call began. Who goes away, by closing
// the page, cancels what it has begun: the call is bound to the context of its
// request. Nobody reads faster than the browser: answers that it does not take
// stay with the server, by flow control.
//
// # Files
//
//	console.go  a console, its handlers, and how long it serves
//	guard.go    who may ask
//	peer.go     the peer that is called, over reloads
//	api.go      what there is to ask but for calls
//	call.go     a call as events; running.go, what the page says to one
//
//	assets/main.js     what is left, in the middle and right, and how one leads to
//	                   another: nav.js, method.js and types.js, answer.js
//	assets/form.js     requests as forms (messages.js, lists.js, controls.js), made
//	                   of types by schema.js; editor.js, as JSON; metadata.js
//	assets/run.js      a call, with api.js; history.js keeps it, shell.js writes it
//	assets/json.js     trees of JSON that lose nothing; dom.js builds elements
//
// # Who may use it
//
// The page can make calls that its user can make, so nobody else may. [Serve]
// is for a listener of the loopback interface; then
//
//   - a request must be addressed to a number or to localhost, so that no name
//     of somebody else's that leads to 127.0.0.1 (DNS rebinding) works;
//   - a request that a page has sent must come from this one, by its Origin
//     and by Sec-Fetch-Site;
//   - the API wants a token in a header, which no other site can send. It is
//     random, new with each start, in the fragment of the URL that the user is
//     shown, which browsers send to nobody, and is no cookie, because cookies
//     are shared by all ports.
//
// The policy of the page allows no script, style or connection but its own,
// nobody's frame, and no text that becomes markup.
//
// # Concurrency
//
// Calls run at once, up to a limit. Serve returns when everything that it has
// begun has ended.
package console
