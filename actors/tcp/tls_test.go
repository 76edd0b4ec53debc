package tcp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// An authority signs certificates for the length of a test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(a.cert, &a.key.PublicKey)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert = cert
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(c *x509.Certificate, key *ecdsa.PublicKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// config returns what a node of the authority uses for mutual TLS.
func (a *authority) config() *tls.Config {
	key := newKey(a.t)
	der := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, &key.PublicKey)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

func TestNodesTalkOverMutualTLS(t *testing.T) {
	ca := newAuthority(t)
	b := start(t, Config{Node: 2, TLS: ca.config()})
	a := start(t, Config{Node: 1, TLS: ca.config(), Peers: map[actors.NodeID]string{2: b.addr()}})
	a.talk(b, "secret")
	long := strings.Repeat("x", 1<<20)
	a.Send(a.ref("a"), b.ref("b"), long)
	for got := b.receive(); got.m != long; got = b.receive() {
		if got.m != "secret" {
			t.Fatalf("got %.20v", got.m)
		}
	}
	if id, err := Probe(t.Context(), b.addr(), ca.config()); err != nil || id.Node != 2 {
		t.Errorf("probe: %+v, %v", id, err)
	}
}

func TestWithoutTheRightCertificateNobodyTalks(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	stranger := ca.config()
	stranger.Certificates = other.config().Certificates
	nobody := ca.config()
	nobody.Certificates = nil
	tests := []struct {
		name    string
		dialler *tls.Config
		want    string // in the log of the acceptor
	}{
		{"certificate of another authority", stranger, "certificate"},
		{"no certificate", nobody, "certificate"},
		{"no TLS", nil, "the other side does not use TLS: give a certificate to both sides or to neither"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, Config{Node: 2, TLS: ca.config()})
			a := start(t, Config{Node: 1, TLS: test.dialler, Peers: map[actors.NodeID]string{2: b.addr()}})
			a.Send(a.ref("a"), b.ref("b"), "m")
			b.logs(test.want)
			a.logs("cannot reach peer")
			if len(b.letters) > 0 {
				t.Error("the message was delivered all the same")
			}
		})
	}
}

func TestDiallingANodeWithoutTLSSaysSo(t *testing.T) {
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, TLS: newAuthority(t).config(), Peers: map[actors.NodeID]string{2: b.addr()}})
	a.Send(a.ref("a"), b.ref("b"), "m")
	b.logs("the other side uses TLS: give a certificate to both sides or to neither")
	a.logs("cannot reach peer")
}
