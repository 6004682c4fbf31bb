// Package gflags reads command lines the way the gflags library does: -x=y, --x=y, -x y, -x and -nox for booleans,
// -undefok=a,b, and "--" as the end of flags.
package gflags

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrHelp is returned for -help.
var ErrHelp = errors.New("help wanted")

type kind int

const (
	text kind = iota
	boolean
	signed
	unsigned
)

type flag struct {
	kind  kind
	value string
	given bool
}

// Set is the flags one program knows.
type Set struct {
	flags map[string]*flag
}

// New returns a set that knows the flags of glog and brpc, which every program of Curve accepts.
func New() *Set {
	s := &Set{flags: map[string]*flag{}}
	for _, name := range []string{"log_dir", "stderrthreshold", "vmodule", "flagfile", "log_link"} {
		s.String(name, "")
	}
	for _, name := range []string{"minloglevel", "v", "max_log_size", "logbufsecs", "bthread_concurrency",
		"health_check_interval", "idle_timeout_second", "max_body_size"} {
		s.Int(name, "0")
	}
	for _, name := range []string{"logtostderr", "alsologtostderr", "colorlogtostderr", "graceful_quit_on_sigterm",
		"reuse_port", "reuse_addr"} {
		s.Bool(name, "false")
	}
	return s
}

// String defines a flag that takes any text.
func (s *Set) String(name, def string) { s.flags[name] = &flag{kind: text, value: def} }

// Int defines a flag that takes an integer.
func (s *Set) Int(name, def string) { s.flags[name] = &flag{kind: signed, value: def} }

// Uint defines a flag that takes an integer that is not negative.
func (s *Set) Uint(name, def string) { s.flags[name] = &flag{kind: unsigned, value: def} }

// Bool defines a flag that is on or off.
func (s *Set) Bool(name, def string) { s.flags[name] = &flag{kind: boolean, value: def} }

// Parse takes the arguments after the program's name and returns those that are no flags.
func (s *Set) Parse(args []string) ([]string, error) {
	var rest, unknown []string
	undefok := map[string]bool{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if name == "help" || name == "h" {
			return nil, ErrHelp
		}
		if name == "undefok" {
			if !hasValue && i+1 < len(args) {
				i++
				value = args[i]
			}
			for n := range strings.SplitSeq(value, ",") {
				undefok[strings.TrimSpace(n)] = true
				undefok["no"+strings.TrimSpace(n)] = true
			}
			continue
		}
		f, known := s.flags[name]
		if !known && !hasValue && strings.HasPrefix(name, "no") {
			if off, ok := s.flags[name[2:]]; ok && off.kind == boolean {
				f, known, value, hasValue = off, true, "false", true
				name = name[2:]
			}
		}
		if !known {
			unknown = append(unknown, name)
			continue
		}
		if !hasValue {
			if f.kind == boolean {
				value = "true"
			} else {
				if i+1 >= len(args) {
					return nil, fmt.Errorf("ERROR: flag '%s' is missing its argument", name)
				}
				i++
				value = args[i]
			}
		}
		if err := f.set(name, value); err != nil {
			return nil, err
		}
	}
	for _, name := range unknown {
		if !undefok[name] {
			return nil, fmt.Errorf("ERROR: unknown command line flag '%s'", name)
		}
	}
	return rest, nil
}

func (f *flag) set(name, value string) error {
	bad := fmt.Errorf("ERROR: illegal value '%s' specified for flag '%s'", value, name)
	switch f.kind {
	case boolean:
		switch strings.ToLower(value) {
		case "1", "t", "true", "y", "yes":
			value = "true"
		case "0", "f", "false", "n", "no":
			value = "false"
		default:
			return bad
		}
	case signed:
		if _, err := strconv.ParseInt(value, 0, 64); err != nil {
			return bad
		}
	case unsigned:
		if _, err := strconv.ParseUint(value, 0, 64); err != nil {
			return bad
		}
	}
	f.value, f.given = value, true
	return nil
}

// Given says whether the flag stood on the command line. A flag set to its default value was given, too.
func (s *Set) Given(name string) bool { return s.flags[name].given }

// Default puts a value from elsewhere, such as a conf file, in the place of a flag that was not given.
func (s *Set) Default(name, value string) {
	if f := s.flags[name]; !f.given {
		f.value = value
	}
}

// Text returns a flag's value.
func (s *Set) Text(name string) string { return s.flags[name].value }

// On returns a boolean flag's value.
func (s *Set) On(name string) bool { return s.flags[name].value == "true" }

// Number returns a number flag's value; flags that came from a conf file may hold nonsense, which counts as zero.
func (s *Set) Number(name string) int64 {
	n, _ := strconv.ParseInt(s.flags[name].value, 0, 64)
	return n
}

// Each calls f for every flag, for the /flags page.
func (s *Set) Each(f func(name, value string)) {
	for name, fl := range s.flags {
		f(name, fl.value)
	}
}
