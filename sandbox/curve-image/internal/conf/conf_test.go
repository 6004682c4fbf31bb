package conf

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinesAreReadAsCurveDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.conf")
	if err := os.WriteFile(path, []byte(`# comment
  # another = one

mds.listen.addr = 10.0.0.1:6700 , 10.0.0.2:6700   # who
empty=
s3.user_agent_conf=S3 Browser
uri=local:///a=b
nonsense
`), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"mds.listen.addr": "10.0.0.1:6700,10.0.0.2:6700", "empty": "", "s3.user_agent_conf": "S3Browser",
		"uri": "local:///a=b",
	} {
		if got, ok := c.Get(key); !ok || got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if _, ok := c.Get("another"); ok {
		t.Error("a comment was read")
	}
	if _, err := Load(path + ".missing"); err == nil {
		t.Error("a missing file was read")
	}
}
