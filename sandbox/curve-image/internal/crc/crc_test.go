package crc

import "testing"

// bitwise is CRC-32C by its definition, for comparison.
func bitwise(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x82f63b78
			} else {
				crc >>= 1
			}
		}
	}
	return ^crc
}

func TestSumIsCRC32C(t *testing.T) {
	var s Sum
	if got := s.Bytes([]byte("123456789")).Value(); got != 0xe3069283 {
		t.Fatalf("the check value of CRC-32C is e3069283, got %x", got)
	}
	if got := bitwise([]byte("123456789")); got != 0xe3069283 {
		t.Fatalf("the comparison itself is wrong: %x", got)
	}
}

func TestIntegersCountAsLittleEndianBytes(t *testing.T) {
	var s Sum
	got := s.U32(0x01020304).Bytes([]byte("token")).U64(0x6225929368674118).Value()
	want := bitwise([]byte("\x04\x03\x02\x01token\x18\x41\x67\x68\x93\x92\x25\x62"))
	if got != want {
		t.Fatalf("got %x, want %x", got, want)
	}
}
