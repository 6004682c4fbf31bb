// Package filepool knows the chunk file pool of one disk: its meta file and the files in it.
package filepool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"keelson.dev/curve-standins/internal/crc"
)

// MetaSize is the size of the meta file; what the JSON leaves is zeros.
const MetaSize = 4096

var magic = []byte{'0', '1', 0}

// Meta is the content of chunkfilepool.meta.
type Meta struct {
	ChunkSize    uint32
	MetaPageSize uint32
	Path         string
}

// metaJSON has the order in which Curve's JSON library writes the keys.
type metaJSON struct {
	ChunkSize    *uint32 `json:"chunkSize"`
	Path         *string `json:"chunkfilepool_path"`
	CRC          *uint32 `json:"crc"`
	MetaPageSize *uint32 `json:"metaPageSize"`
}

// FileSize is what every file of the pool must have.
func (m Meta) FileSize() int64 { return int64(m.ChunkSize) + int64(m.MetaPageSize) }

// CRC covers the magic with its end mark, both sizes and the path.
func (m Meta) CRC() uint32 {
	var sum crc.Sum
	return sum.Bytes(magic).U32(m.ChunkSize).U32(m.MetaPageSize).Bytes([]byte(m.Path)).Value()
}

// Write stores the meta file, and nothing of it is left in the page cache when it returns.
func (m Meta) Write(path string) error {
	sum := m.CRC()
	text, err := json.MarshalIndent(metaJSON{&m.ChunkSize, &m.Path, &sum, &m.MetaPageSize}, "", "   ")
	if err != nil {
		return err
	}
	page := make([]byte, MetaSize)
	if copy(page, append(text, '\n')) <= len(text) {
		return errors.New("pool path too long")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_SYNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(page, 0)
	return errors.Join(err, f.Close())
}

// ReadMeta loads a meta file and checks all that Curve checks: size, keys, CRC.
func ReadMeta(path string) (Meta, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Meta{}, fmt.Errorf("meta file open failed, %s", path)
	}
	defer f.Close()
	page := make([]byte, MetaSize)
	if n, _ := f.ReadAt(page, 0); n != MetaSize {
		return Meta{}, fmt.Errorf("meta file read failed, %s", path)
	}
	var j metaJSON
	text, _, _ := bytes.Cut(page, []byte{0})
	if err := json.Unmarshal(text, &j); err != nil {
		return Meta{}, errors.New("chunkfile meta file got error!")
	}
	switch {
	case j.ChunkSize == nil:
		return Meta{}, errors.New("chunkfile meta file got error! no chunksize!")
	case j.MetaPageSize == nil:
		return Meta{}, errors.New("chunkfile meta file got error! no metaPageSize!")
	case j.Path == nil:
		return Meta{}, errors.New("chunkfile meta file got error! no FilePool path!")
	case j.CRC == nil:
		return Meta{}, errors.New("chunkfile meta file got error! no crc!")
	}
	m := Meta{ChunkSize: *j.ChunkSize, MetaPageSize: *j.MetaPageSize, Path: *j.Path}
	if m.CRC() != *j.CRC {
		return Meta{}, errors.New("crc check failed!")
	}
	return m, nil
}
