package snapshotclone

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/glog"
)

const region = "us-east-1"

// bucket is where snapshots would go.
type bucket struct {
	endpoint, name string
	accessKey      string
	secretKey      string
	client         http.Client
	retries        int
}

// newBucket reads s3.conf in the spelling of release 1.2.x. Keys that are missing are empty.
func newBucket(c *conf.Conf) *bucket {
	b := &bucket{
		endpoint: c.Text("s3.nos_address"), name: c.Text("s3.snapshot_bucket_name"), accessKey: c.Text("s3.ak"),
		secretKey: c.Text("s3.sk"), client: http.Client{Timeout: 10 * time.Second}, retries: 10,
	}
	if !strings.Contains(b.endpoint, "://") {
		scheme := "http"
		if c.Text("s3.http_scheme") == "1" {
			scheme = "https"
		}
		b.endpoint = scheme + "://" + b.endpoint
	}
	return b
}

// ensure creates the bucket unless it can be seen. Any answer but success counts as "not there", so wrong keys show as
// a bucket that cannot be created.
func (b *bucket) ensure(ctx context.Context) error {
	err := b.request(ctx, http.MethodHead)
	if err == nil {
		return nil
	}
	glog.Error("HeadBucket error:%s--%v", b.name, err)
	// Curve names the region us-east-1 in the body. Servers that follow AWS to the letter refuse that, so none is named.
	if err := b.request(ctx, http.MethodPut); err != nil {
		glog.Error("CreateBucket error:%s--%v", b.name, err)
		return err
	}
	return nil
}

// request tries again, ever slower, while the server cannot be reached or is broken; a refusal is final.
func (b *bucket) request(ctx context.Context, method string) error {
	for try := 0; ; try++ {
		final, err := b.once(ctx, method)
		if err == nil || final || try >= b.retries {
			return err
		}
		if !clock.Sleep(ctx, 25*time.Millisecond<<try) {
			return ctx.Err()
		}
	}
}

func (b *bucket) once(ctx context.Context, method string) (final bool, err error) {
	if b.name == "" {
		return true, fmt.Errorf("Missing required field [Bucket]") //nolint:staticcheck // the SDK's words
	}
	req, err := http.NewRequestWithContext(ctx, method, b.endpoint+"/"+url.PathEscape(b.name), nil)
	if err != nil {
		return true, err
	}
	req.Header.Set("User-Agent", "S3 Browser")
	sign(req, b.accessKey, b.secretKey, time.Now().UTC())
	resp, err := b.client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 300 {
		return true, nil
	}
	return resp.StatusCode < 500, fmt.Errorf("HTTP response code: %s", resp.Status)
}

// sign adds an AWS signature, version 4, to a request without a body.
func sign(req *http.Request, accessKey, secretKey string, now time.Time) {
	hash := sha256.Sum256(nil)
	payload := hex.EncodeToString(hash[:])
	stamp := now.Format("20060102T150405Z")
	day := stamp[:8]
	req.Header.Set("X-Amz-Date", stamp)
	req.Header.Set("X-Amz-Content-Sha256", payload)
	const signed = "host;x-amz-content-sha256;x-amz-date"
	canonical := strings.Join([]string{
		req.Method, req.URL.EscapedPath(), req.URL.Query().Encode(), "host:" + req.URL.Host, "x-amz-content-sha256:" + payload,
		"x-amz-date:" + stamp, "", signed, payload,
	}, "\n")
	scope := day + "/" + region + "/s3/aws4_request"
	hash = sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(hash[:])
	key := []byte("AWS4" + secretKey)
	for _, part := range []string{day, region, "s3", "aws4_request"} {
		key = mac(key, part)
	}
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		accessKey, scope, signed, mac(key, text)))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
