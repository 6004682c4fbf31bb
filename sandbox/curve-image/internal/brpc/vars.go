package brpc

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Vars are the exposed variables of a process, what brpc calls bvars.
type Vars struct {
	mu     sync.Mutex
	values map[string]func() string
}

// Func exposes a value that is worked out when somebody asks. Text must come with its quotes.
func (v *Vars) Func(name string, f func() string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.values == nil {
		v.values = map[string]func() string{}
	}
	v.values[Underscored(name)] = f
}

// Text exposes a text; readers see it in quotes.
func (v *Vars) Text(name, value string) {
	v.Func(name, func() string { return `"` + value + `"` })
}

// Number exposes a number.
func (v *Vars) Number(name string, value uint64) {
	v.Func(name, func() string { return fmt.Sprint(value) })
}

// Config exposes one key of a conf file: its value is a JSON object, in quotes that escape nothing.
func (v *Vars) Config(prefix, key, value string) {
	v.Text(prefix+"_"+key, fmt.Sprintf(`{"conf_name":"%s","conf_value":"%s"}`, key, value))
}

// Remove hides variables whose name begins with prefix.
func (v *Vars) Remove(prefix string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name := range v.values {
		if strings.HasPrefix(name, prefix) {
			delete(v.values, name)
		}
	}
}

// List calls f for every variable that one of the patterns matches, in the order of names. A pattern may hold * and $
// (one character); no pattern means all.
func (v *Vars) List(patterns []string, f func(name, value string)) {
	v.mu.Lock()
	names := make([]string, 0, len(v.values))
	for name := range v.values {
		if len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	found := make([]func() string, len(names))
	for i, name := range names {
		found[i] = v.values[name]
	}
	v.mu.Unlock()
	for i, name := range names {
		f(name, found[i]())
	}
}

func matches(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	switch pattern[0] {
	case '*':
		for i := 0; i <= len(name); i++ {
			if matches(pattern[1:], name[i:]) {
				return true
			}
		}
		return false
	case '$':
		return name != "" && matches(pattern[1:], name[1:])
	}
	return name != "" && pattern[0] == name[0] && matches(pattern[1:], name[1:])
}

// Underscored turns a name into the form under which brpc exposes it: logicalPool_a:1 becomes logical_pool_a_1.
func Underscored(name string) string {
	var b strings.Builder
	last := byte(0)
	put := func(c byte) { b.WriteByte(c); last = c }
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			if i > 0 && !(name[i-1] >= 'A' && name[i-1] <= 'Z') && last != '_' {
				put('_')
			}
			put(c - 'A' + 'a')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			put(c)
		case last != '_':
			put('_')
		}
	}
	return b.String()
}
