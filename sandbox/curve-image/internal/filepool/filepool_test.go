package filepool

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keelson.dev/curve-standins/internal/crc"
)

var poolMeta = Meta{ChunkSize: 16777216, MetaPageSize: 4096, Path: "/curvebs/chunkserver/data/chunkfilepool"}

func TestMetaFileIsStyledJSONInAPageOfZeros(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chunkfilepool.meta")
	if err := poolMeta.Write(path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil || len(page) != 4096 {
		t.Fatalf("%d bytes, %v", len(page), err)
	}
	text, zeros, _ := bytes.Cut(page, []byte{0})
	// The CRC was worked out by hand from "01\0", both sizes and the path.
	var sum crc.Sum
	want := sum.Bytes([]byte("01\x00" + "\x00\x00\x00\x01" + "\x00\x10\x00\x00" + poolMeta.Path)).Value()
	if poolMeta.CRC() != want {
		t.Fatalf("crc %d, want %d", poolMeta.CRC(), want)
	}
	for _, part := range []string{"{\n   \"chunkSize\": 16777216,\n", "\"chunkfilepool_path\": \"" + poolMeta.Path + "\"", "\"metaPageSize\": 4096\n}\n"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q in %s", part, text)
		}
	}
	if len(bytes.Trim(zeros, "\x00")) != 0 {
		t.Error("the rest of the page is not zeros")
	}
	if got, err := ReadMeta(path); err != nil || got != poolMeta {
		t.Errorf("read back %v, %v", got, err)
	}
}

func TestABadMetaFileIsRefused(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"cut off":           func(b []byte) []byte { return b[:100] },
		"not JSON":          func(b []byte) []byte { return append([]byte("x"), b[1:]...) },
		"another path":      func(b []byte) []byte { return bytes.Replace(b, []byte("/data/"), []byte("/dat4/"), 1) },
		"another size":      func(b []byte) []byte { return bytes.Replace(b, []byte("4096"), []byte("4097"), 1) },
		"no CRC":            func(b []byte) []byte { return bytes.Replace(b, []byte(`"crc"`), []byte(`"cr_"`), 1) },
		"no chunk size":     func(b []byte) []byte { return bytes.Replace(b, []byte(`"chunkSize"`), []byte(`"chunkSiz_"`), 1) },
		"no meta page size": func(b []byte) []byte { return bytes.Replace(b, []byte(`"metaPageSize"`), []byte(`"metaPageSiz_"`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meta")
			if err := poolMeta.Write(path); err != nil {
				t.Fatal(err)
			}
			page, _ := os.ReadFile(path)
			if err := os.WriteFile(path, damage(page), 0o644); err != nil {
				t.Fatal(err)
			}
			if m, err := ReadMeta(path); err == nil {
				t.Errorf("taken as %v", m)
			}
		})
	}
}

func TestScanWantsNumbersOfOneSizeAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		size int64
		good bool
	}{
		"a chunk":                {"7", 10, true},
		"too short":              {"7", 9, false},
		"too long":               {"7", 11, false},
		"a clean chunk of v2.5":  {"7.clean", 10, false},
		"a file of another kind": {"lost", 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), make([]byte, c.size), 0o644); err != nil {
				t.Fatal(err)
			}
			if n, err := Scan(dir, 10); (err == nil) != c.good || (c.good && n != 1) {
				t.Errorf("%d files, %v", n, err)
			}
		})
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "7"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Scan(dir, 10); err == nil {
		t.Error("a folder was taken for a chunk")
	}
}
