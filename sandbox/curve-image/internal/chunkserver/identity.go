package chunkserver

import (
	"encoding/json"
	"errors"
	"os"

	"keelson.dev/curve-standins/internal/crc"
)

const (
	identityMagic   = 0x6225929368674118
	identityVersion = 1
	identityMaxSize = 4096
)

// identity is chunkserver.dat: who this disk is for MDS.
type identity struct {
	Version  uint32 `json:"version"`
	ID       uint32 `json:"id"`
	Token    string `json:"token"`
	Checksum uint32 `json:"checksum"`
}

func newIdentity(id uint32, token string) identity {
	i := identity{Version: identityVersion, ID: id, Token: token}
	i.Checksum = i.sum()
	return i
}

func (i identity) sum() uint32 {
	var s crc.Sum
	return s.U32(i.Version).U32(i.ID).Bytes([]byte(i.Token)).U64(identityMagic).Value()
}

// loadIdentity reads chunkserver.dat; a disk that never registered has none.
func loadIdentity(path string) (*identity, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(text) >= identityMaxSize {
		return nil, errors.New("metadata file is too large")
	}
	i := &identity{}
	if err := json.Unmarshal(text, i); err != nil {
		return nil, err
	}
	if i.Checksum != i.sum() {
		return nil, errors.New("ChunkServer persisted metadata CRC dismatch")
	}
	return i, nil
}

func (i identity) save(path string) error {
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	// Like Curve: written over what is there, without a rename and without a sync.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	return errors.Join(err, f.Close())
}
