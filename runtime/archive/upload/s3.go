package upload

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/hiklua/hiklua/runtime/site"
)

// largestPut is above any picture: one request carries it, so that its ETag is
// the MD5 of it.
const largestPut = 256 << 20

// SecretVariables are those of the environment that hold the account of a bucket.
var SecretVariables = []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

// openS3 makes a Place of a bucket. It sends nothing. The account comes from the
// environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN
// where there is one.
func openS3(c *site.CopyTo, getenv func(string) (string, bool), p *pace) (*bucket, error) {
	env := func(name string) string {
		value, _ := getenv(name)
		return strings.TrimSpace(value)
	}
	account := aws.Credentials{
		AccessKeyID: env("AWS_ACCESS_KEY_ID"), SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
		SessionToken: env("AWS_SESSION_TOKEN"), Source: "environment",
	}
	if account.AccessKeyID == "" || account.SecretAccessKey == "" {
		return nil, &Error{
			Place: c.Address, Message: "there is no account for it",
			Hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of hiklua, and start it again",
		}
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, ExpectContinueTimeout: time.Second,
		IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: atOnce,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err == nil && p.rate > 0 {
				conn = pacedConn{conn, p}
			}
			return conn, err
		},
	}
	client := s3.New(s3.Options{
		Region:      cmp.Or(c.Region, env("AWS_REGION"), env("AWS_DEFAULT_REGION"), "us-east-1"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return account, nil }),
		HTTPClient:  &http.Client{Transport: transport},
		Retryer:     aws.NopRetryer{}, // the sender tries again
		// Servers that are compatible with S3 know nothing of newer checksums.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}, func(o *s3.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &c.Endpoint, true
		}
	})
	opened, err := s3blob.OpenBucket(context.Background(), client, c.Bucket, &s3blob.Options{
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	if err != nil {
		return nil, err
	}
	b := &bucket{place: c.Address, blob: opened, pace: p, explain: func(err error) *Error { return explainS3(c, err) }}
	if c.Prefix != "" {
		b.prefix = c.Prefix + "/"
	}
	b.write = func(ctx context.Context, key string, f *os.File) error {
		// Upload reads the file itself, at any place of it: no copy in memory.
		return opened.Upload(ctx, key, f, &blob.WriterOptions{ContentType: "image/jpeg", BufferSize: largestPut, MaxConcurrency: 1})
	}
	return b, nil
}

// explainS3 has words for what goes wrong most. Messages of the server are not
// repeated: some hold the key.
func explainS3(c *site.CopyTo, err error) *Error {
	var api smithy.APIError
	var response *awshttp.ResponseError
	var request *url.Error
	code, status := "", 0
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch {
	case code == "NoSuchBucket" || code == "NotFound" || code == "" && status == http.StatusNotFound:
		return &Error{Message: "there is no bucket " + c.Bucket, Hint: "make it at the place, or correct copy_to in site.yaml"}
	case code == "InvalidAccessKeyId" || code == "XAdminUserNotFound": // the latter is versitygw's
		return &Error{Message: "the access key is not known there", Hint: "correct AWS_ACCESS_KEY_ID in the environment, and start hiklua again"}
	case code == "SignatureDoesNotMatch":
		return &Error{Message: "the secret key is wrong", Hint: "correct AWS_SECRET_ACCESS_KEY in the environment, and start hiklua again"}
	case code == "ExpiredToken" || code == "InvalidToken":
		return &Error{Message: "the session token is not valid any more", Hint: "renew AWS_SESSION_TOKEN in the environment, and start hiklua again"}
	case code == "RequestTimeTooSkewed":
		return &Error{Message: "the clocks differ too much", Hint: "set the clock of this machine, or of the server"}
	case code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" || status == http.StatusMovedPermanently:
		return &Error{Message: "the bucket is in another region", Hint: "write region=... into copy_to"}
	case code == "KeyTooLongError" || code == "EntityTooLarge" || code == "InvalidURI":
		return &Error{Message: "the picture is refused: " + code, Picture: true}
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return &Error{Message: "the account may not do that", Hint: "it needs the rights to read and to write in the bucket (and to delete, for copy_keep): s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject"}
	case errors.As(err, &request):
		return &Error{Message: "it cannot be reached: " + plainCause(request)}
	case code != "" || status != 0:
		return &Error{Message: strings.TrimSpace("it answers " + statusText(status) + " " + code)}
	}
	return &Error{Message: plainCause(err)}
}

// plainCause is the innermost reason of an error in one line.
func plainCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		if _, ok := err.(*net.OpError); ok {
			break
		}
		err = inner
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func statusText(status int) string {
	if status == 0 {
		return ""
	}
	return strings.TrimSpace(http.StatusText(status))
}
