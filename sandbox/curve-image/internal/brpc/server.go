// Package brpc is the part of the brpc framework that can be seen from outside: the builtin pages of a server, services
// as POST /Service/Method with JSON, and how a client tells a dead server from a slow one.
package brpc

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/version"
)

// Server is one listening port.
type Server struct {
	Vars  *Vars
	Flags func(func(name, value string))

	mux     *http.ServeMux
	methods []string
	started time.Time
}

// NewServer returns a server that has the builtin pages.
func NewServer(vars *Vars) *Server {
	s := &Server{Vars: vars, mux: http.NewServeMux(), started: time.Now()}
	s.Page("/health", func(_ *http.Request, w io.Writer) int { fmt.Fprint(w, "OK"); return http.StatusOK })
	s.Page("/version", func(_ *http.Request, w io.Writer) int { fmt.Fprint(w, version.Curve); return http.StatusOK })
	s.Page("/vars", s.vars)
	s.Page("/vars/{names...}", s.vars)
	s.Page("/flags", s.flags)
	s.Page("/status", s.status)
	s.Page("/{$}", s.status)
	return s
}

// Page adds a page of plain text.
func (s *Server) Page(path string, f func(r *http.Request, w io.Writer) int) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		code := f(r, &b)
		w.Header().Set("Content-Type", "text/plain")
		if strings.HasPrefix(b.String(), "<!DOCTYPE") {
			w.Header().Set("Content-Type", "text/html")
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, b.String())
	})
}

// Method adds a service method. Requests and answers are JSON with the field names of Curve's proto files.
func Method[Req, Resp any](s *Server, service, method string, f func(r *http.Request, req *Req) *Resp) {
	s.methods = append(s.methods, service+"."+method)
	s.mux.HandleFunc("/"+service+"/"+method, func(w http.ResponseWriter, r *http.Request) {
		req := new(Req)
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, req)
		}
		if err != nil {
			http.Error(w, "[E1003]Fail to parse request as JSON: "+err.Error(), http.StatusBadRequest)
			return
		}
		// A caller that goes away does not stop what it has asked for.
		answer, err := json.Marshal(f(r.WithContext(context.WithoutCancel(r.Context())), req))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
}

// Listen opens the port and serves it in the background.
func (s *Server) Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	go func() { _ = (&http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second}).Serve(l) }()
	return l, nil
}

// wantsHTML follows brpc: a browser gets HTML; curl, a request without User-Agent and ?console=1 get text.
func wantsHTML(r *http.Request) bool {
	if c := r.URL.Query().Get("console"); c != "" {
		return c == "0"
	}
	agent := r.Header.Get("User-Agent")
	return agent != "" && !strings.Contains(agent, "curl/")
}

func (s *Server) vars(r *http.Request, w io.Writer) int {
	var patterns []string
	if names := r.PathValue("names"); names != "" {
		patterns = strings.FieldsFunc(names, func(c rune) bool { return c == ',' || c == ';' })
	}
	asHTML := wantsHTML(r)
	var b strings.Builder
	n := 0
	s.Vars.List(patterns, func(name, value string) {
		n++
		if asHTML {
			fmt.Fprintf(&b, "<p class=\"nonplot-variable\">%s : <span id=\"value-%s\">%s</span></p>\n", name, name,
				html.EscapeString(value))
		} else {
			fmt.Fprintf(&b, "%s : %s\r\n", name, value)
		}
	})
	if n == 0 && len(patterns) > 0 {
		fmt.Fprintf(w, "[E1002]Fail to find any bvar by `%s'", r.PathValue("names"))
		return http.StatusNotFound
	}
	if asHTML {
		fmt.Fprintf(w, "<!DOCTYPE html><html><head></head><body>\n%s</body></html>", b.String())
	} else {
		fmt.Fprint(w, b.String())
	}
	return http.StatusOK
}

func (s *Server) flags(_ *http.Request, w io.Writer) int {
	fmt.Fprintln(w, "Name | Value | Description | Defined At")
	if s.Flags != nil {
		s.Flags(func(name, value string) { fmt.Fprintf(w, "%s | %s | |\n", name, value) })
	}
	return http.StatusOK
}

func (s *Server) status(_ *http.Request, w io.Writer) int {
	fmt.Fprintf(w, "version: %s\npid: %d\nuptime_seconds: %d\n", version.Curve, os.Getpid(),
		int(time.Since(s.started).Seconds()))
	for _, m := range s.methods {
		fmt.Fprintf(w, "\n[%s]\n", m)
	}
	return http.StatusOK
}
