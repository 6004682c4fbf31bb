package snapshotclone

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keelson.dev/curve-standins/internal/conf"
)

// The values are those of the example "GET Bucket Lifecycle" in the documentation of AWS.
func TestSignatureOfAWSsOwnExample(t *testing.T) {
	req, err := http.NewRequest(http.MethodGet, "http://examplebucket.s3.amazonaws.com/?lifecycle", nil)
	if err != nil {
		t.Fatal(err)
	}
	sign(req, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
	const want = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
	if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+want) {
		t.Errorf("%s", got)
	}
}

func TestTheBucketIsLookedForAndElseCreated(t *testing.T) {
	for _, c := range []struct {
		name      string
		head, put int
		good      bool
		requests  string
	}{
		{"it is there", 200, 500, true, "HEAD /snap"},
		{"it is missing", 404, 200, true, "HEAD /snap PUT /snap"},
		{"the keys are wrong", 403, 403, false, "HEAD /snap PUT /snap"},
		{"somebody else has it", 403, 409, false, "HEAD /snap PUT /snap"},
		{"the server is broken", 500, 500, false, "HEAD /snap HEAD /snap PUT /snap PUT /snap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen = append(seen, r.Method+" "+r.URL.Path)
				if r.Method == http.MethodHead {
					w.WriteHeader(c.head)
				} else {
					w.WriteHeader(c.put)
				}
			}))
			defer s.Close()
			b := newBucket(&conf.Conf{})
			b.endpoint, b.name, b.retries = s.URL, "snap", 1
			if err := b.ensure(context.Background()); (err == nil) != c.good {
				t.Errorf("%v", err)
			}
			if got := strings.Join(seen, " "); got != c.requests {
				t.Errorf("requests: %s", got)
			}
		})
	}
}
