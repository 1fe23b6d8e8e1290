package motore

// Chain composes layers into one. The first is the outermost: it sees a
// request first and a response last. Nil layers are left out.
func Chain[Req, Resp any](layers ...Layer[Req, Resp]) Layer[Req, Resp] {
	return func(next Service[Req, Resp]) Service[Req, Resp] {
		for i := len(layers) - 1; i >= 0; i-- {
			if layers[i] != nil {
				next = layers[i](next)
			}
		}
		return next
	}
}
