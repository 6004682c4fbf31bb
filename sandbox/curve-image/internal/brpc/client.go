package brpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// The error numbers of brpc that Curve's programs tell apart.
const (
	EHostDown   = 112  // the port refuses, or nobody is there
	ERPCTimeout = 1008 // somebody is there and does not answer in time
	EHTTP       = 2001 // an answer that says no
	EResponse   = 2002 // an answer that cannot be read
)

// ConnectTimeoutEnv is the variable that changes how long a connection may take to open. It is for this module's own
// tests: on a machine that stalls, two hundred milliseconds pass before a process sees that it is connected.
const ConnectTimeoutEnv = "CURVE_CONNECT_TIMEOUT"

var connectTimeout = readConnectTimeout()

func readConnectTimeout() time.Duration {
	d, err := time.ParseDuration(os.Getenv(ConnectTimeoutEnv))
	if err != nil || d <= 0 {
		return 200 * time.Millisecond // brpc's default
	}
	return d
}

// Error is a failed call.
type Error struct {
	Code   int
	Status int // of HTTP, for EHTTP
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("[E%d]%s", e.Code, e.Text) }

// IsHostDown says whether a call failed because nobody listens: the only case in which Curve's programs turn to
// another MDS.
func IsHostDown(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == EHostDown
}

// IsNotFound says whether the answer was 404.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

type dialError struct{ error }

var client = &http.Client{Transport: &http.Transport{
	DisableKeepAlives: true,
	DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, dialError{err}
		}
		return c, nil
	},
}}

// Call sends a request to a service method. A timeout of zero waits for ever.
func Call[Resp any](ctx context.Context, addr, service, method string, timeout time.Duration, req any) (*Resp, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	answer, err := do(ctx, http.MethodPost, "http://"+addr+"/"+service+"/"+method, timeout, body)
	if err != nil {
		return nil, err
	}
	resp := new(Resp)
	if err := json.Unmarshal(answer, resp); err != nil {
		return nil, &Error{Code: EResponse, Text: err.Error()}
	}
	return resp, nil
}

// Get fetches a page as brpc's own client does, so that it comes as text.
func Get(ctx context.Context, addr, path string, timeout time.Duration) (string, error) {
	answer, err := do(ctx, http.MethodGet, "http://"+addr+path, timeout, nil)
	return string(answer), err
}

// Var fetches one variable, without its name and its quotes.
func Var(ctx context.Context, addr, name string, timeout time.Duration) (string, error) {
	text, err := Get(ctx, addr, "/vars/"+name, timeout)
	if err != nil {
		return "", err
	}
	_, value, found := strings.Cut(text, ":")
	if !found {
		return "", &Error{Code: EResponse, Text: "parse response attachment fail!"}
	}
	return strings.Trim(strings.TrimRight(strings.TrimLeft(value, " "), "\r\n"), `"`), nil
}

// ConfigVar fetches one key of a process's conf file.
func ConfigVar(ctx context.Context, addr, name string, timeout time.Duration) (string, error) {
	text, err := Var(ctx, addr, name, timeout)
	if err != nil {
		return "", err
	}
	var v struct {
		Value string `json:"conf_value"`
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", &Error{Code: EResponse, Text: "Parse metric as json fail"}
	}
	return v.Value, nil
}

func do(ctx context.Context, method, url string, timeout time.Duration, body []byte) ([]byte, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "brpc/1.0 curl/7.0")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, classify(req.Host, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, classify(req.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &Error{Code: EHTTP, Status: resp.StatusCode, Text: fmt.Sprintf("HTTP/1.1 %s: %s", resp.Status, answer)}
	}
	return answer, nil
}

// classify gives a failed call the number that brpc gives it. A connection that breaks half way counts as a host that
// went down: brpc tries again on a new connection, which a dead process refuses.
func classify(host string, err error) error {
	var dial dialError
	switch {
	case errors.As(err, &dial):
		return &Error{Code: EHostDown, Text: "Not connected to " + host + " yet"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Code: ERPCTimeout, Text: "Reached timeout, remote side " + host}
	default:
		return &Error{Code: EHostDown, Text: "Got EOF of " + host + ": " + err.Error()}
	}
}

// Endpoint says whether an address is a literal ip:port, the only form that Curve's addresses may have.
func Endpoint(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || net.ParseIP(host) == nil {
		return false
	}
	n, err := net.LookupPort("tcp", port)
	return err == nil && fmt.Sprint(n) == port
}

// Endpoints splits a list of addresses at its commas; empty parts are dropped.
func Endpoints(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' })
}
