package gflags

import (
	"errors"
	"slices"
	"testing"
)

func newSet() *Set {
	s := New()
	s.String("name", "nobody")
	s.Uint("size", "16")
	s.Bool("zero", "true")
	return s
}

func TestFlagsAreReadAsGflagsDoes(t *testing.T) {
	for _, c := range []struct {
		args       []string
		name, size string
		zero       bool
		rest       []string
	}{
		{nil, "nobody", "16", true, nil},
		{[]string{"-name=a", "--size=3"}, "a", "3", true, nil},
		{[]string{"-name", "a", "--size", "3", "more"}, "a", "3", true, []string{"more"}},
		{[]string{"command", "-name=a=b"}, "a=b", "16", true, []string{"command"}},
		{[]string{"-nozero"}, "nobody", "16", false, nil},
		{[]string{"-zero=false"}, "nobody", "16", false, nil},
		{[]string{"-zero", "false"}, "nobody", "16", true, []string{"false"}},
		{[]string{"-blockSize=4096", "-undefok=blockSize,other"}, "nobody", "16", true, nil},
		{[]string{"-undefok", "blockSize", "--blockSize=4096"}, "nobody", "16", true, nil},
		{[]string{"--", "-name=a"}, "nobody", "16", true, []string{"-name=a"}},
		{[]string{"-graceful_quit_on_sigterm=true", "-log_dir=/x"}, "nobody", "16", true, nil},
	} {
		s := newSet()
		rest, err := s.Parse(c.args)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		if s.Text("name") != c.name || s.Text("size") != c.size || s.On("zero") != c.zero || !slices.Equal(rest, c.rest) {
			t.Errorf("%q: %s %s %v %q", c.args, s.Text("name"), s.Text("size"), s.On("zero"), rest)
		}
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"-blockSize=4096"}, {"-size=-1"}, {"-size=x"}, {"-zero=maybe"}, {"-name"}, {"-blockSize=1", "-undefok=other"},
	} {
		if _, err := newSet().Parse(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	if _, err := newSet().Parse([]string{"-help"}); !errors.Is(err, ErrHelp) {
		t.Errorf("-help: %v", err)
	}
}

func TestAConfFileFillsOnlyWhatWasNotGiven(t *testing.T) {
	s := newSet()
	if _, err := s.Parse([]string{"-name=nobody"}); err != nil {
		t.Fatal(err)
	}
	s.Default("name", "conf")
	s.Default("size", "99")
	if s.Text("name") != "nobody" || s.Number("size") != 99 {
		t.Errorf("%s %d", s.Text("name"), s.Number("size"))
	}
	if !s.Given("name") || s.Given("size") {
		t.Error("a flag set to its default was given, one filled from a file was not")
	}
}
