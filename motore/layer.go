package motore

// A Layer wraps a service into another one. It is applied once, at
// construction; what it does per call, it does in the service it returns.
//
// A nil Layer is allowed wherever layers are listed and does nothing.
type Layer[Req, Resp any] func(next Service[Req, Resp]) Service[Req, Resp]

// Identity is the layer that does nothing.
func Identity[Req, Resp any](next Service[Req, Resp]) Service[Req, Resp] {
	return next
}
