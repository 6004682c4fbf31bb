package filepool

import (
	"fmt"
	"os"
	"path/filepath"
)

// Scan counts the files of a pool and refuses one that holds anything but chunks: a name that is not a number, a
// folder, a file of another size.
func Scan(dir string, size int64) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("list file pool dir failed! %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !IsNumber(e.Name()) {
			return 0, fmt.Errorf("file name illegal! [%s]", e.Name())
		}
		if e.IsDir() {
			return 0, fmt.Errorf("chunkfile pool dir has subdir! %s", path)
		}
		info, err := e.Info()
		if err != nil {
			return 0, err
		}
		if info.Size() != size {
			return 0, fmt.Errorf("file size illegal, %s, standard size = %d, current size = %d", path, size, info.Size())
		}
	}
	return len(entries), nil
}

// IsNumber says whether a name consists of digits.
func IsNumber(name string) bool {
	for _, c := range name {
		if c < '0' || c > '9' {
			return false
		}
	}
	return name != ""
}
