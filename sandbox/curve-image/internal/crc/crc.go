// Package crc holds the checksum of Curve's small files: CRC-32C (Castagnoli), starting at zero.
package crc

import (
	"encoding/binary"
	"hash/crc32"
)

var table = crc32.MakeTable(crc32.Castagnoli)

// Sum adds up values in their order. Integers are little endian, strings are their bytes without an end mark.
type Sum struct{ value uint32 }

// U32 adds a 32 bit integer.
func (s *Sum) U32(v uint32) *Sum { return s.Bytes(binary.LittleEndian.AppendUint32(nil, v)) }

// U64 adds a 64 bit integer.
func (s *Sum) U64(v uint64) *Sum { return s.Bytes(binary.LittleEndian.AppendUint64(nil, v)) }

// Bytes adds bytes as they are.
func (s *Sum) Bytes(b []byte) *Sum {
	s.value = crc32.Update(s.value, table, b)
	return s
}

// Value is the checksum of all that was added.
func (s *Sum) Value() uint32 { return s.value }
