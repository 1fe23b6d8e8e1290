package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// TLSFiles are files in PEM that a TLS configuration is made of. They are read
// again when they have changed, which each handshake looks for by their times
// and sizes; connections that are open stay as they are. What cannot be read
// or does not fit together changes nothing: what was good last stays in use.
type TLSFiles struct {
	// Certificate and Key are our own. A client may have none.
	Certificate, Key string
	// Authorities are who signs the certificates of peers. On a server they
	// make it ask for one. A client without them takes those of the system,
	// which are not read again.
	Authorities string
	// OnError, if not nil, is told once of each change that could not be taken
	// over. Handshakes wait for it.
	OnError func(error)
}

// Server returns a configuration for a server. The files must be good now.
func (f TLSFiles) Server() (*tls.Config, error) {
	if f.Certificate == "" {
		return nil, errors.New("transport: TLS files: a server needs a certificate")
	}
	r, err := f.reader()
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return r.current().certificate, nil },
	}
	if f.Authorities != "" {
		// Which authorities count is not known before the handshake: it asks for
		// any certificate, and verify judges it.
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyConnection = func(s tls.ConnectionState) error { return r.current().verify(s, x509.ExtKeyUsageClientAuth, "") }
	}
	return config, nil
}

// Client returns a configuration for a client. The files must be good now. For
// peers that are known by an IP address it is for [Dialer] only, which tells it
// the address.
func (f TLSFiles) Client() (*tls.Config, error) {
	r, err := f.reader()
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.Certificate != "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return r.current().certificate, nil
		}
	}
	if f.Authorities != "" {
		// Nothing is skipped: verify does it all, with the authorities of now.
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(s tls.ConnectionState) error {
			if s.ServerName == "" {
				return errors.New("transport: TLS files: the name of the server is not known")
			}
			return r.current().verify(s, x509.ExtKeyUsageServerAuth, s.ServerName)
		}
	}
	return config, nil
}

func (f TLSFiles) reader() (*tlsReader, error) {
	r := &tlsReader{files: f}
	seen, err := r.stamps()
	if err == nil {
		r.good, err = f.load()
	}
	if err != nil {
		return nil, fmt.Errorf("transport: TLS files: %w", err)
	}
	r.seen = seen
	return r, nil
}

// A tlsReader reads files again that have changed.
type tlsReader struct {
	files TLSFiles

	mu   sync.Mutex
	seen [3]stamp // of the files when they were read last
	good *tlsContent
	told string // the error that was reported last
}

// A stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// tlsContent is what was in the files.
type tlsContent struct {
	certificate *tls.Certificate // nil if there is none
	authorities *x509.CertPool   // likewise
}

// current returns what was good last, after a look at the files.
func (r *tlsReader) current() *tlsContent {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, err := r.stamps()
	if err == nil && seen == r.seen {
		return r.good
	}
	if err == nil {
		var found *tlsContent
		// What was seen before it was read is older, if it is being written.
		if found, err = r.files.load(); err == nil {
			r.good, r.told = found, ""
		}
		r.seen = seen
	}
	if err != nil && err.Error() != r.told {
		if r.told = err.Error(); r.files.OnError != nil {
			r.files.OnError(fmt.Errorf("transport: TLS files: what was good last stays in use: %w", err))
		}
	}
	return r.good
}

func (r *tlsReader) stamps() (all [3]stamp, err error) {
	for i, name := range []string{r.files.Certificate, r.files.Key, r.files.Authorities} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return all, err
		}
		all[i] = stamp{info.ModTime(), info.Size()}
	}
	return all, nil
}

func (f TLSFiles) load() (*tlsContent, error) {
	c := &tlsContent{}
	if f.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s with key %s: %w", f.Certificate, f.Key, err)
		}
		c.certificate = &pair
	}
	if f.Authorities != "" {
		text, err := os.ReadFile(f.Authorities)
		if err != nil {
			return nil, err
		}
		c.authorities = x509.NewCertPool()
		if !c.authorities.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("authorities %s: no certificate in it", f.Authorities)
		}
	}
	return c, nil
}

// verify judges the certificates of a peer, of resumed sessions, too.
func (c *tlsContent) verify(s tls.ConnectionState, use x509.ExtKeyUsage, name string) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("transport: TLS files: the peer has no certificate")
	}
	between := x509.NewCertPool()
	for _, cert := range s.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: c.authorities, Intermediates: between, DNSName: name, KeyUsages: []x509.ExtKeyUsage{use},
	})
	return err
}
