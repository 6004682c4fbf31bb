// Package conf reads Curve's conf files: one key=value a line, all blanks dropped, '#' starts a comment.
package conf

import (
	"bufio"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"

	"keelson.dev/curve-standins/internal/glog"
)

// Conf is one file's keys and values.
type Conf struct {
	path   string
	values map[string]string
}

// Load reads a file.
func Load(path string) (*Conf, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &Conf{path: path, values: map[string]string{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			value = line
		}
		value, _, _ = strings.Cut(value, "#")
		c.values[key] = value
	}
	return c, lines.Err()
}

// Path is where the file was read from.
func (c *Conf) Path() string { return c.path }

// Set puts a value in the place of the file's own.
func (c *Conf) Set(key, value string) { c.values[key] = value }

// Get returns a key's value and whether the file has it. An empty value counts as present.
func (c *Conf) Get(key string) (string, bool) {
	v, ok := c.values[key]
	return v, ok
}

// Text returns a key's value or an empty string.
func (c *Conf) Text(key string) string { return c.values[key] }

// Require aborts the program at the first key that the file lacks, in alphabetical order.
func (c *Conf) Require(keys ...string) {
	sort.Strings(keys)
	for _, key := range keys {
		if _, ok := c.values[key]; !ok {
			glog.Fatal("Get %s from %s fail", key, c.path)
		}
	}
}

// Int returns a number; a value that is none aborts the program.
func (c *Conf) Int(key string) int {
	n, err := strconv.Atoi(c.values[key])
	if err != nil {
		glog.Fatal("Get %s from %s fail", key, c.path)
	}
	return n
}

// Seconds returns a value that counts seconds.
func (c *Conf) Seconds(key string) time.Duration { return time.Duration(c.Int(key)) * time.Second }

// Millis returns a value that counts milliseconds.
func (c *Conf) Millis(key string) time.Duration { return time.Duration(c.Int(key)) * time.Millisecond }

// On returns a switch.
func (c *Conf) On(key string) bool {
	switch strings.ToLower(c.values[key]) {
	case "1", "true", "yes":
		return true
	}
	return false
}

// Each calls f for every key in alphabetical order.
func (c *Conf) Each(f func(key, value string)) {
	keys := make([]string, 0, len(c.values))
	for k := range c.values {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		f(k, c.values[k])
	}
}
