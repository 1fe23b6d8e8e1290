package transport

// Closing returns why c was closed, nil if it is open.
func Closing(c *Conn) error { return c.closing() }
