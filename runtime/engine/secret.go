package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// certificateName is the one name in the certificate of all members: it is the key
// that makes a member, not its address, which may change.
const certificateName = "member.hiklua.internal"

// NewSecret makes what the members of one cluster share: a key and a certificate
// that is signed by it, as PEM. A member shows the certificate and takes no other
// from its peers. It does not expire, since a host without a battery may start
// with a clock of 1970.
func NewSecret() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "hiklua cluster"},
		DNSNames:              []string{certificateName},
		NotBefore:             time.Unix(0, 0),
		NotAfter:              time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs})...), nil
}

// CheckSecret says what is wrong with a secret.
func CheckSecret(secret []byte) error {
	_, _, err := memberTLS(secret)
	return err
}

// memberTLS is the TLS of a route at both its ends, and the fingerprint of the
// cluster: a peer that does not show this very certificate and its key is no member.
func memberTLS(secret []byte) (*tls.Config, string, error) {
	pair, err := tls.X509KeyPair(secret, secret)
	if err != nil {
		return nil, "", fmt.Errorf("the cluster's secret is not what hiklua cluster init makes: %w", err)
	}
	if len(pair.Certificate) != 1 || pair.Leaf.VerifyHostname(certificateName) != nil {
		return nil, "", errors.New("the cluster's secret is not what hiklua cluster init makes: another certificate")
	}
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	sum := sha256.Sum256(pair.Leaf.Raw)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ServerName:   certificateName,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}, hex.EncodeToString(sum[:8]), nil
}
