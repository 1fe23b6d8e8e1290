package invoke

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A Protocol is what is spoken with a server.
type Protocol string

// The protocols. Auto takes gRPC for .proto files, descriptor sets and
// reflection, and for .thrift files asks the server for its framing, as Thrift
// does.
const (
	Auto           Protocol = "auto"
	GRPC           Protocol = "grpc"
	Thrift         Protocol = "thrift"
	TTHeader       Protocol = "ttheader"
	TTHeaderFramed Protocol = "ttheader-framed"
	Framed         Protocol = "framed"
	Buffered       Protocol = "buffered"
)

// Protocols lists all names.
var Protocols = []Protocol{Auto, GRPC, Thrift, TTHeader, TTHeaderFramed, Framed, Buffered}

// framings are the protocols that volo-thrift speaks, the ones that carry more
// first: the order in which a server is asked for them.
var framings = []struct {
	name    Protocol
	framing volothrift.Protocol
}{
	{TTHeader, volothrift.TTHeader},
	{Framed, volothrift.Framed},
	{Buffered, volothrift.Unframed},
	{TTHeaderFramed, volothrift.TTHeaderFramed},
}

// ParseProtocol returns the protocol of a name.
func ParseProtocol(name string) (Protocol, error) {
	var names []string
	for _, p := range Protocols {
		if string(p) == name {
			return p, nil
		}
		names = append(names, string(p))
	}
	if name == "unframed" {
		return Buffered, nil
	}
	return "", fmt.Errorf("unknown protocol %q; there are %s", name, strings.Join(names, ", "))
}

// A Config says whom to call and how. Target or, to look only, IDLs is
// required.
type Config struct {
	// Target is
	//
	//	host:port, unix:path        one address
	//	host:port,host:port         several, balanced
	//	dns:///name:port            all addresses of a name
	//	file:instances.json#name    a name in a file of package discovery
	Target   string
	Protocol Protocol // "" is Auto

	// IDLs are .thrift files, .proto files, or files of any other name that
	// hold an encoded FileDescriptorSet; of one kind. Without any the server is
	// asked by reflection.
	IDLs        []string
	IncludeDirs []string
	// ReadFile reads IDL files; nil is [os.ReadFile].
	ReadFile func(name string) ([]byte, error)

	// Metadata is sent along when the server is asked by reflection.
	Metadata []Pair

	TLS            *TLS          // nil for none
	Authority      string        // of gRPC, instead of the target
	ConnectTimeout time.Duration // 0 for the framework's default
	MaxSize        int           // of a message, in bytes; 0 for the framework's default
	Compression    string        // of requests, gRPC only: "gzip", "deflate"

	// Connections is how many are used for calls that run at once: kept, over
	// gRPC and with Mux, whose calls share them, and at most, otherwise. 0 is
	// 1 where they are shared, and no bound where they are not.
	Connections int
	// Mux has calls over TTHeader share connections; not all servers answer
	// them out of order then.
	Mux bool

	// Bare has a Thrift method with one argument take that argument itself,
	// without an object around it that names it.
	Bare bool
	// Defaults shows fields that are not set.
	Defaults bool
	// IgnoreUnknown accepts fields in JSON that the IDL lacks.
	IgnoreUnknown bool
}

// A TLS says how to trust a server and what to show it. Names are those of PEM
// files.
type TLS struct {
	CA         string // "" for the authorities that the system trusts
	Cert, Key  string // "" for none
	ServerName string // "" for that of the target
	Insecure   bool   // trust anybody
}

// config returns what the frameworks take.
func (t *TLS) config(readFile func(string) ([]byte, error)) (*tls.Config, error) {
	c := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.Insecure, MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := readFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("authorities: there is no certificate in %s", t.CA)
		}
	}
	if t.Cert == "" && t.Key == "" {
		return c, nil
	}
	if t.Cert == "" || t.Key == "" {
		return nil, fmt.Errorf("a certificate and its key come together; one of them is missing")
	}
	cert, err := readFile(t.Cert)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	key, err := readFile(t.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s and key %s: %w", t.Cert, t.Key, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

func (c *Config) readFile() func(string) ([]byte, error) {
	if c.ReadFile != nil {
		return c.ReadFile
	}
	return os.ReadFile
}
