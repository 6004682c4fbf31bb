package chunkserver

import (
	"fmt"
	"os"

	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/filepool"
)

// pool is the chunk file pool that curve_format has made.
type pool struct {
	dir       string
	chunkSize uint32
	count     int
}

// openPool checks the pool as Curve does before anything else: the meta file, the folder that it names, every file.
// The folder of the flag -chunkFilePoolDir plays no part while chunks come from the pool.
func openPool(c *conf.Conf) (*pool, error) {
	if !c.On("chunkfilepool.enable_get_chunk_from_pool") {
		dir := c.Text("chunkfilepool.chunk_file_pool_dir")
		return &pool{dir: dir, chunkSize: uint32(c.Int("global.chunk_size"))}, os.MkdirAll(dir, 0o755)
	}
	meta, err := filepool.ReadMeta(c.Text("chunkfilepool.meta_path"))
	if err != nil {
		return nil, fmt.Errorf("Decode meta info from meta file failed! %w", err) //nolint:staticcheck // Curve's words
	}
	if info, err := os.Stat(meta.Path); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("chunkfile pool not exists, inited failed! chunkfile pool path = %s", meta.Path)
	}
	// What the conf says counts for the size of the files, not what the meta file says.
	size := int64(c.Int("global.chunk_size")) + int64(c.Int("global.meta_page_size"))
	count, err := filepool.Scan(meta.Path, size)
	if err != nil {
		return nil, err
	}
	return &pool{dir: meta.Path, chunkSize: uint32(c.Int("global.chunk_size")), count: count}, nil
}

// left is how many chunks nobody uses. No data is ever written, so that stays as it was at the start.
func (p *pool) left() int { return p.count }
